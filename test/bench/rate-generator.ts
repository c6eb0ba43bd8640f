/** Program: `node rate-generator.ts <plan as JSON>` asks by that plan, then prints the result as JSON. */
import { atConstantRate, type RatePlan } from './constant-rate.ts';

const plan: RatePlan = JSON.parse(process.argv[2] ?? '');
process.stdout.write(JSON.stringify(await atConstantRate(plan)));
