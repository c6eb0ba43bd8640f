import type { FunctionObject } from '#api/function.ts';
import { pause } from '#platform/time/deadline.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { type Readiness, readinessOf, type Wanted } from '../manifest/readiness.ts';
import { functionNamed, type Target } from './function-client.ts';

const LOOK_EVERY_MS = 500;

/** What it came to when the wait ended. */
export interface Waited {
  readiness: Readiness;
  object: FunctionObject;
}

/** Until it answers, will not, or `deadlineMs` are over, which leaves it waiting. */
export async function waitReady(name: string, wanted: Wanted, target: Target, deadlineMs: number): Promise<Waited> {
  const untilMs = performance.now() + deadlineMs;
  for (;;) {
    const object = await functionNamed(name, target);
    if (object === undefined) throw new CommandError(`${name} was deleted while it was waited for`, EXIT.notFound);
    const readiness = readinessOf(object, wanted);
    if (readiness.state !== 'waiting' || performance.now() >= untilMs) return { readiness, object };
    await pause(Math.min(LOOK_EVERY_MS, Math.max(0, untilMs - performance.now())), target.signal);
    target.signal.throwIfAborted();
  }
}
