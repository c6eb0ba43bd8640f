/** A function's pod: serves what its environment assigns to it until a signal ends it. */
import { type Environment, readEnvironment } from './loading/environment.ts';
import { serve } from './serve.ts';
import { jsonLine, stdoutWriter } from './telemetry/log.ts';

process.setSourceMapsEnabled(true);
const { assignment, settings } = environmentOrExit();
await serve(assignment, settings);

function environmentOrExit(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    stdoutWriter()(jsonLine(new Date(), 'fatal', message, {}));
    process.exit(1);
  }
}
