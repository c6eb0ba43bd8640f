import type { StartFailure } from '#api/rules/start-failure.ts';
import type { GatewayError } from './gateway-error.ts';

/** Why the queue cannot take this request; undefined: it can. @param bytes of all that wait, this request's included. */
export function queueFull(
  waiting: number,
  bytes: number,
  { queueSize, queueMaxBytes }: { queueSize: number; queueMaxBytes: number },
): GatewayError | undefined {
  if (waiting >= queueSize) {
    return {
      code: 'QueueFull',
      message: `${waiting} requests wait for this function already, as many as spec.queue.size allows`,
    };
  }
  if (queueMaxBytes === 0 || bytes <= queueMaxBytes) return undefined;
  return {
    code: 'QueueFull',
    message: `with this request ${bytes} bytes of bodies would wait for this function; spec.queue.maxBytes allows ${queueMaxBytes}`,
  };
}

export function dueFailure(queueTimeoutMs: number): GatewayError {
  return {
    code: 'QueueTimeout',
    message: `no replica had room within ${queueTimeoutMs / 1000} s (spec.queue.timeoutSeconds)`,
  };
}

/** How a function's replicas stand. */
interface Silence {
  pods: number;
  /** Those of them that did answer and do not any more. */
  silent: number;
  /** Whether one of them has answered, now or before. */
  answered: boolean;
  /** Why one of them has not started so far. */
  heldUpBy?: Pick<StartFailure, 'reason' | 'message'> | undefined;
}

/**
 * Adds to a wait that ran out why it did, where replicas were there that do not answer.
 * @param lastStart how the start before this one failed, by the status: what no pod shows, such as a Secret that cannot be
 *   mounted, is known from there alone.
 */
export function nameSilence(
  failure: GatewayError,
  { pods, silent, answered, heldUpBy }: Silence,
  lastStart?: GatewayError,
): GatewayError {
  if (failure.code !== 'QueueTimeout') return failure;
  const why = heldUpBy ?? lastStart;
  if (!answered && why?.reason !== undefined) {
    return { ...failure, reason: why.reason, message: `${failure.message}; ${why.message}` };
  }
  if (!answered) return { ...failure, message: `${failure.message}; ${startingStill(pods)}` };
  if (silent === 0) return failure;
  const which = pods === 1 ? 'its replica' : `${silent} of its ${pods} replicas`;
  const restarted =
    'a handler that keeps the main loop busy, as an endless loop does, ends with a restart after timeoutSeconds';
  return {
    ...failure,
    message: `${failure.message}; ${which} answered before and ${silent === 1 ? 'does' : 'do'} not now: ${restarted}`,
  };
}

function startingStill(pods: number): string {
  if (pods === 0) return 'it has no pod yet';
  const which = pods === 1 ? 'its replica has not' : `none of its ${pods} replicas has`;
  return `${which} answered yet: an image is still pulled, its program does not listen on $PORT, or the module or its init takes longer; kubectl describe function shows which`;
}

/** Load shedding: the gateway holds as much as it may for all functions, and this one has its fair share of it. */
export function gatewayBusy(what: 'requests' | 'bodies'): GatewayError {
  const held = what === 'requests' ? 'requests open' : 'bytes of requests and answers in hand';
  return {
    code: 'GatewayBusy',
    message: `the gateway has as many ${held} as it can hold, and this function has its share of them; ask again, or run more gateways`,
  };
}
