import type { Server } from 'node:http';
import { nowMs } from './clock.ts';
import { abortAfterMs, nextDrainStep } from './drain.ts';
import type { Gate } from './gate.ts';
import type { Traffic } from './traffic.ts';

export interface LeaveDeps {
  server: Server;
  gate: Gate;
  traffic: Traffic;
  timeoutMs: number;
}

/**
 * Leaves after a SIGTERM: takes requests until nobody sends any more, finishes what it has. Resolves when all is done,
 * or when the requests that were left at the end of the grace period have been aborted and answered.
 */
export async function leave({ server, gate, traffic, timeoutMs }: LeaveDeps): Promise<void> {
  gate.leave();
  const sinceMs = nowMs();
  let isAborted = false;
  const ceilingMs = abortAfterMs(timeoutMs);
  if (ceilingMs !== undefined) {
    setTimeout(() => {
      isAborted = true;
      traffic.stopAll({ why: 'leaving' });
    }, ceilingMs).unref();
  }
  for (;;) {
    const { lastRequestMs, pending } = traffic;
    const step = nextDrainStep({ sinceMs, lastRequestMs, pending }, nowMs());
    if (step.do === 'exit') break;
    if (step.do === 'wait') await new Promise((resolve) => setTimeout(resolve, step.ms));
    else {
      stopListening(server);
      await traffic.until(() => traffic.pending === 0 || (isAborted && traffic.unanswered === 0));
      if (isAborted) break;
    }
  }
  stopListening(server);
}

/**
 * Leaves after an error that nobody caught: the process may be in any state, so nothing new is let in. Requests that
 * run are finished, within the time that they have.
 */
export async function leaveFailed({ server, gate, traffic, timeoutMs }: LeaveDeps): Promise<void> {
  gate.fail();
  stopListening(server);
  const ceilingMs = abortAfterMs(timeoutMs);
  if (ceilingMs !== undefined) setTimeout(() => traffic.stopAll({ why: 'leaving' }), ceilingMs).unref();
  await traffic.until(() => traffic.unanswered === 0);
}

function stopListening(server: Server): void {
  server.close();
  server.closeIdleConnections();
}
