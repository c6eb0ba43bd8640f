import type { Server } from 'node:http';
import { net } from '../builtin.ts';
import { nowMs } from '../clock.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { ReplicaStage } from '../dispatch/stage.ts';
import type { WebSockets } from '../http/web-sockets.ts';
import type { JsonLog } from '../telemetry/log.ts';
import { abortAfterMs, disposeWithinMs, GRACE_MS, nextDrainStep } from './drain.ts';

export interface ShutdownDeps {
  server: Server;
  /** Once it listens. */
  metrics(): Server | undefined;
  stage: ReplicaStage;
  dispatcher: Dispatcher;
  webSockets: WebSockets;
  log: JsonLog;
  /** Of the longest call; 0: any time. */
  timeoutMs: number;
  /** The module's own, once it is loaded. */
  dispose(): (() => unknown) | undefined;
}

/** Longest that what is aborted gets to be answered in: a client may take nothing of its answer. */
const LAST_WORDS_MS = 500;

/**
 * Leaves after a SIGTERM: takes requests until the quiet period is over, finishes what it has, has the module dispose of
 * what it holds. Requests that are left at the end of the grace period are aborted and answered. Resolves with the exit
 * code: 1 where `dispose` failed, or the replica did.
 */
export async function shutDown(deps: ShutdownDeps): Promise<number> {
  const { server, stage, dispatcher, webSockets, timeoutMs } = deps;
  stage.leave();
  const sinceMs = nowMs();
  let isAborted = false;
  const ceilingMs = abortAfterMs(timeoutMs);
  if (ceilingMs !== undefined) {
    setTimeout(() => {
      isAborted = true;
      dispatcher.stopAll({ why: 'leaving' });
    }, ceilingMs).unref();
  }
  while (!isAborted) {
    const { lastRequestMs, pending } = dispatcher;
    const step = nextDrainStep({ sinceMs, lastRequestMs, pending }, nowMs());
    if (step.do === 'exit') break;
    if (step.do === 'wait') await new Promise((resolve) => setTimeout(resolve, step.ms));
    else {
      stopListening(server);
      webSockets.closeAll();
      await dispatcher.until(() => dispatcher.pending === 0 || isAborted);
    }
  }
  stopListening(server);
  if (isAborted) await lastWords(dispatcher);
  return stage.current === 'leaving' ? await disposed(deps, sinceMs) : 1;
}

/**
 * Leaves after an error that nothing caught: the process may be in any state, so nothing new is let in, and `dispose` is
 * not called. Requests that run are finished, within the time that they have, and what was given to waitUntil in ten
 * seconds.
 */
export async function shutDownFailed({
  server,
  stage,
  dispatcher,
  webSockets,
  timeoutMs,
}: ShutdownDeps): Promise<void> {
  stage.fail();
  stopListening(server);
  // The one whose error it was is closed for that.
  queueMicrotask(() => webSockets.closeAll());
  const ceilingMs = abortAfterMs(timeoutMs);
  if (ceilingMs !== undefined) setTimeout(() => dispatcher.stopAll({ why: 'leaving' }), ceilingMs).unref();
  await dispatcher.until(() => dispatcher.unanswered === 0);
  await within(
    GRACE_MS,
    dispatcher.until(() => !dispatcher.waitUntil.isAny),
  );
}

/** Aborts all that runs. Resolves when that is answered, within half a second. */
export async function shutDownAtOnce({ server, dispatcher }: ShutdownDeps): Promise<void> {
  stopListening(server);
  dispatcher.stopAll({ why: 'leaving' });
  await lastWords(dispatcher);
}

async function lastWords(dispatcher: Dispatcher): Promise<void> {
  await within(
    LAST_WORDS_MS,
    dispatcher.until(() => dispatcher.unanswered === 0),
  );
}

/** Has the module dispose of what it holds, as long as the grace period lasts. Resolves with the exit code. */
async function disposed({ dispose, log, timeoutMs }: ShutdownDeps, sinceMs: number): Promise<number> {
  const withinMs = disposeWithinMs(timeoutMs);
  const leftMs = withinMs === undefined ? undefined : sinceMs + withinMs - nowMs();
  try {
    const isDone = await within(leftMs, Promise.resolve(dispose()?.()));
    if (!isDone) log.line('error', 'dispose did not end before the grace period did');
    return isDone ? 0 : 1;
  } catch (error) {
    log.thrown('error', 'dispose failed', error);
    return 1;
  }
}

/** Resolves with true when `work` is done, with false after `ms`. Rejects as `work` does. @param ms undefined: no limit. */
async function within(ms: number | undefined, work: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = ms === undefined ? undefined : setTimeout(() => resolve(false), Math.max(0, ms));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Takes no new connections. Those that are there stay: closing a server of node:http also ends those on which an answer
 * is still under way to a slow client.
 */
function stopListening(server: Server): void {
  net.Server.prototype.close.call(server);
}
