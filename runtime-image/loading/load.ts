import { OWN_SERVER_ADVICE } from '../../api/names.ts';
import type { Assignment, HandlerFile } from '../assignment.ts';
import { nowMs } from '../clock.ts';
import { replyOf } from '../http/reply.ts';
import { adapt } from '../signatures/adapt.ts';
import { detect, lifeOf } from '../signatures/detect.ts';
import type { Invoke, Tools } from '../signatures/invoke.ts';
import type { Registrations } from '../signatures/platform-globals.ts';
import type { JsonLog } from '../telemetry/log.ts';
import type { ImportTimes } from '../telemetry/metrics.ts';
import { adviceOn } from '../telemetry/thrown-advice.ts';
import { asError } from '../telemetry/thrown-value.ts';
import { importBundle, importFile } from './bundle.ts';

/** A handler that may be called, and the seconds that each phase and each imported module took. */
interface Ready {
  invoke: Invoke;
  /** The module's `dispose`. */
  dispose: (() => unknown) | undefined;
  seconds: { import: number; init: number };
  imports: ImportTimes;
}

/** The source of a bundle, or a file of the image. */
export type UnpackedCode = { source: string } | HandlerFile;

interface LoadParts {
  assignment: Assignment;
  /** Its code, unpacked. */
  code: UnpackedCode;
  log: JsonLog;
  /** What the module registers while it is loaded. */
  registered: Registrations;
}

/** Imports the user's module and awaits its `init`. @throws what the module throws, or Error with what is wrong. */
export async function load({ assignment, code, log, registered }: LoadParts): Promise<Ready> {
  const watch = stopwatch();
  const imports = 'source' in code ? importBundle(code.source) : importFile(process.cwd(), code.file);
  const { exports, times } = await imports.catch(advised);
  const detected = detect(exports, assignment, registered);
  const { function: name, revision, env } = assignment;
  const warn: Tools['warn'] = (message, fields) => log.line('warn', message, fields);
  const invoke = await adapt(detected, { replyOf, env, function: name, revision, warn });
  const imported = watch();
  await lifeOf(exports, assignment, 'init')?.();
  const dispose = lifeOf(exports, assignment, 'dispose');
  return { invoke, dispose, seconds: { import: imported, init: watch() }, imports: times };
}

/** @throws the error, with what to do where it is of a kind that says too little: of what is global elsewhere, and listens. */
function advised(error: unknown): never {
  const known = asError(error);
  const isOfAnother = known instanceof ReferenceError && /^(Deno|Bun) is not defined$/.test(known.message);
  if (isOfAnother) throw new Error(`${known.message}; ${OWN_SERVER_ADVICE}`, { cause: error });
  const advice = known === undefined ? '' : adviceOn(known);
  throw advice === '' ? error : new Error(`${known?.message}${advice}`, { cause: error });
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
