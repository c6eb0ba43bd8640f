/** Compiles one function: the job on standard input, what became of it on standard output. Both are JSON. */
import { fstatSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as esbuild from 'esbuild';
import type { SourceFiles } from '../../function/revision.ts';
import { compileSource } from '../compile-source.ts';
import type { WantedHandler } from '../exported-handler.ts';
import { SourceError } from '../source-error.ts';

const END_TOLD_MS = 300;
/** How often it is looked whether the result is still wanted, in milliseconds. */
const LOOK_EVERY_MS = 100;

// One that is started ahead of its job has all that it needs by then.
if (process.env.CATNAP_BUNDLER_ONE !== undefined) await esbuild.transform('');
const { source, handler } = JSON.parse(readFileSync(0, 'utf8')) as { source: SourceFiles; handler: WantedHandler };
// Cancellation: the operator removes the file that standard input is when it does not want the result any more.
const look = setInterval(async () => {
  if (fstatSync(0).nlink > 0) return;
  clearInterval(look);
  await esbuild.stop();
  process.exit(1);
}, LOOK_EVERY_MS);
const result = await compileSource(source, handler, esbuild).then(
  (compiled) => compiled,
  async (error: unknown) => {
    // The processor time of what ended counts once the system has told this process of its end.
    if (!(error instanceof SourceError)) await sleep(END_TOLD_MS);
    if (!(error instanceof SourceError)) throw error;
    return { refused: { reason: error.reason, message: error.message } };
  },
);
clearInterval(look);
process.stdout.write(JSON.stringify(result));
await esbuild.stop();
