import type { FunctionSpec } from '#api/function.ts';
import type { Demand } from './demand.ts';

/** What is remembered of a function from one step to the next. */
export interface ScaleState {
  /** Replicas asked for when last looked. */
  replicas: number;
  /** When that number last grew, by a decision of the autoscaler or of a gateway. */
  raisedMs: number;
  /** When it last left zero. */
  activeSinceMs: number;
}

export interface Decision {
  state: ScaleState;
  /** How many there should be; `current` when nothing is to be done. */
  replicas: number;
  /** One sentence with the numbers. */
  reason: string;
}

type Policy = Pick<FunctionSpec, 'concurrency' | 'scaling'>;

interface Situation {
  /** Replicas asked for now. */
  current: number;
  /** Undefined: not measured yet. */
  demand: Demand | undefined;
  policy: Policy;
  nowMs: number;
}

/** Over which demand is looked at before replicas are added, in milliseconds; none is taken away within it either. */
const SHORT_WINDOW_MS = 6_000;

/**
 * How many replicas a function should have.
 * - More at once when the short window asks for more.
 * - Fewer when the stable window, measured from its beginning, the short one and what is there now all do with fewer.
 * - None, or minReplicas, after idleSeconds without a request, all of them measured.
 * - Never fewer on missing data.
 */
export function step(state: ScaleState | undefined, situation: Situation): Decision {
  const { current, nowMs } = situation;
  const next = nextState(state, current, nowMs);
  const { replicas, reason } = bounded(situation) ?? byDemand(next, situation);
  return { state: next, replicas, reason: replicas === current ? (whoRaisedIt(state, current) ?? reason) : reason };
}

/** State of a function that has come since the operator began: it had no replicas. */
export function neverAwake(nowMs: number): ScaleState {
  return { replicas: 0, raisedMs: nowMs, activeSinceMs: nowMs };
}

/** Why there are more replicas than the last step left. */
function whoRaisedIt(state: ScaleState | undefined, current: number): string | undefined {
  if (state === undefined) return current > 0 ? 'that many were there when the operator began to look' : undefined;
  return current > state.replicas ? 'the gateway raised it for waiting requests' : undefined;
}

function nextState(state: ScaleState | undefined, current: number, nowMs: number): ScaleState {
  const before = state ?? neverAwake(nowMs);
  return {
    replicas: current,
    raisedMs: current > before.replicas ? nowMs : before.raisedMs,
    activeSinceMs: before.replicas === 0 ? nowMs : before.activeSinceMs,
  };
}

type Wanted = Omit<Decision, 'state'>;

/** The user's own bounds need no measurement. */
function bounded({ current, policy }: Situation): Wanted | undefined {
  const { minReplicas, maxReplicas } = policy.scaling;
  if (current < minReplicas)
    return { replicas: minReplicas, reason: `at least ${minReplicas} by spec.scaling.minReplicas` };
  if (current > maxReplicas)
    return { replicas: maxReplicas, reason: `at most ${maxReplicas} by spec.scaling.maxReplicas` };
  return undefined;
}

function byDemand(state: ScaleState, { current, demand, policy, nowMs }: Situation): Wanted {
  const keep = (reason: string): Wanted => ({ replicas: current, reason });
  if (demand === undefined) return keep('kept: no gateway has been measured yet');
  const perReplica = requestsPerReplica(policy);
  const replicasFor = (requests: number) =>
    Math.min(Math.ceil(round(requests) / perReplica), policy.scaling.maxReplicas);
  const forNow = replicasFor(demand.now);
  if (current === 0) {
    if (forNow === 0) return keep('asleep: no requests');
    return { replicas: forNow, reason: `${demand.now} requests are waiting, ${perReplica} per replica` };
  }
  const short = demand.mean(SHORT_WINDOW_MS);
  const forShort = replicasFor(short);
  if (forShort > current) {
    return { replicas: forShort, reason: sentence(short, SHORT_WINDOW_MS / 1000, perReplica) };
  }
  if (!demand.complete) return keep('kept: a gateway does not answer, or none is known');
  const idle = idleDecision(state, demand, policy, nowMs);
  if (idle !== undefined) return idle;
  const { minReplicas, stableWindowSeconds } = policy.scaling;
  const stable = demand.mean(stableWindowSeconds * 1000);
  const enough = Math.max(1, minReplicas, forNow, forShort, replicasFor(stable));
  const reason = sentence(stable, stableWindowSeconds, perReplica);
  if (enough >= current || nowMs - state.raisedMs < SHORT_WINDOW_MS) return keep(reason);
  // The operator, or an activator, may have begun in a lull.
  const measuredSeconds = Math.floor((nowMs - demand.measuredSinceMs) / 1000);
  if (measuredSeconds < stableWindowSeconds) {
    return keep(
      `kept: measured for ${measuredSeconds} s, and spec.scaling.stableWindowSeconds is ${stableWindowSeconds}`,
    );
  }
  return { replicas: enough, reason };
}

function idleDecision(state: ScaleState, demand: Demand, { scaling }: Policy, nowMs: number): Wanted | undefined {
  const quietSeconds = Math.floor((nowMs - Math.max(demand.lastBusyMs, state.activeSinceMs)) / 1000);
  if (quietSeconds < scaling.idleSeconds || demand.now > 0) return undefined;
  return {
    replicas: scaling.minReplicas,
    reason: `no requests for ${quietSeconds} s (spec.scaling.idleSeconds is ${scaling.idleSeconds})`,
  };
}

/** What one replica should have in flight: never more than it takes. */
function requestsPerReplica({ concurrency: { target, limit } }: Policy): number {
  return limit > 0 ? Math.min(limit, target) : target;
}

function sentence(mean: number, seconds: number, perReplica: number): string {
  return `${round(mean)} requests at once on average over the last ${seconds} s, ${perReplica} per replica`;
}

/** To hundredths: a request that just ended is not worth a replica. */
function round(requests: number): number {
  return Math.round(requests * 100) / 100;
}
