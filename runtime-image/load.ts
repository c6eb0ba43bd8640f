import { importBundle, importFile, takeBundle } from './bundle.ts';
import { nowMs } from './clock.ts';
import type { Handler } from './context.ts';
import type { Settings } from './env.ts';
import { pickHandler } from './handler.ts';

/** A handler that may be called, and the seconds that each phase took. */
export interface Ready {
  handler: Handler;
  seconds: { read: number; import: number; init: number };
}

/** Reads and imports the user's module and awaits its `init`. @throws what the module throws, or Error with what is wrong. */
export async function load(settings: Settings, env: NodeJS.ProcessEnv): Promise<Ready> {
  const watch = stopwatch();
  const source = settings.bundleChunks > 0 ? takeBundle(env, settings.bundleChunks) : undefined;
  const read = watch();
  const exports =
    source === undefined ? await importFile(process.cwd(), settings.handlerFile) : await importBundle(source);
  const { handler, init } = pickHandler(exports, settings.handler);
  const imported = watch();
  await init?.();
  return { handler, seconds: { read, import: imported, init: watch() } };
}

/** Seconds since the last call. */
function stopwatch(): () => number {
  let beforeMs = nowMs();
  return () => {
    const seconds = (nowMs() - beforeMs) / 1000;
    beforeMs += 1000 * seconds;
    return seconds;
  };
}
