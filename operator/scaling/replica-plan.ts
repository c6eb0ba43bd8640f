/**
 * How many replicas each revision of a function is to have: the only place where that is decided. Who asks for what:
 *
 * | asks | when | for |
 * |---|---|---|
 * | demand (autoscaler, `step`) | each look at the gateways' metrics | the scaled revision: as many as its requests need; no request: none of any revision |
 * | takeover | a look at the pods | the serving revision: at most so many, where quota or nodes do not hold both |
 * | rollout | a look at the pods | the newest revision, while another serves: as many as that one; the others: none |
 * | failed start | a look at the pods | the newest revision: none, the one before keeps the traffic |
 * | overtaken | a look at the pods | one that was starting when a newer one was made: what it has; as many as the serving one, once the newest failed |
 * | trial | a new revision | the newest revision: one, also without a request, until it has answered |
 * | deletion | the Function is going | all revisions: none |
 * | a gateway (another process) | a request finds no replica | the revision that it chose: more, by a write of its own |
 *
 * Optimistic locking keeps a gateway's write from being undone by a plan that did not see it: each number is written onto
 * the version of the Deployment that the plan was made of, and refused when that has changed.
 */
export interface PlanInput {
  /** Replicas asked for now, by revision. */
  replicas: ReadonlyMap<string, number>;
  rollout: RolloutState;
  /** What the demand on each revision needs; one that is not in it keeps what it has. When none needs any, all revisions sleep. */
  needs?: ReadonlyMap<string, Need>;
  /** No request is there, and the only replica may be one that tries the newest revision. */
  isTried?: boolean;
  /** The newest revision is to be started, only to try it. */
  trialStarts?: boolean;
  /** `spec.scaling.maxReplicas`. */
  maxReplicas: number;
}

export interface RolloutState {
  /** The revision that takes traffic. */
  serving: string;
  /** The newest revision. */
  latest: string;
  /** The newest one is known not to start: the one that serves is woken in its place. */
  latestFailed: boolean;
  /**
   * Whether the newest one is to run beside the one that serves. Undefined: its pods were not looked at just now; then
   * neither it nor an older one is started or stopped for the rollout's sake.
   */
  latestStarts?: boolean;
  /**
   * Revisions between the two that are still starting, oldest first; they keep what they have, and one replica of it while
   * no request needs any. Undefined: there is none.
   */
  overtaken?: readonly string[];
  /** Most replicas that the demand gives the scaled revision, until the newest takes over; undefined: as many as it needs. */
  atMost?: number | undefined;
}

export interface Need {
  replicas: number;
  /** One sentence with the numbers. */
  reason: string;
}

/** By revision; each that there is, also where nothing changes. */
export type ReplicaPlan = ReadonlyMap<string, Need>;

export interface ScaleChange {
  revision: string;
  replicas: number;
  reason: string;
}

/** Why there is a replica that no request asks for. */
export const TRIED = 'a new revision is being tried';

export function planReplicas(input: PlanInput): ReplicaPlan {
  const { replicas, rollout } = input;
  const demanded = byDemand(input);
  const asleep = demanded.size > 0 && [...demanded.values()].every((need) => need.replicas === 0);
  const [need] = demanded.values();
  if (asleep && need !== undefined) return planAsleep(replicas, need, rollout.overtaken);
  const based = new Map([...replicas].map(([name, now]) => [name, demanded.get(name) ?? kept(now)]));
  const serving = based.get(rollout.serving)?.replicas ?? 0;
  return new Map([...based].map(([name, base]) => [name, byRollout(name, base, { ...input, serving })]));
}

/** Of a Function that is going: all its revisions sleep. */
export function planDeletion(replicas: ReadonlyMap<string, number>): ReplicaPlan {
  return planAll(replicas, { replicas: 0, reason: 'the Function is being deleted' });
}

/** The revision whose number of replicas follows the demand: the one that has some, else the one the next request wakes. */
export function scaledRevision(
  { serving, latest, latestFailed }: RolloutState,
  replicas: ReadonlyMap<string, number>,
): string {
  if ((replicas.get(serving) ?? 0) > 0) return serving;
  return latestFailed ? serving : latest;
}

/** What is to be written for the plan. */
export function changesOf(plan: ReplicaPlan, replicas: ReadonlyMap<string, number>): ScaleChange[] {
  return [...plan].flatMap(([revision, planned]) =>
    planned.replicas === replicas.get(revision)
      ? []
      : [{ revision, replicas: planned.replicas, reason: planned.reason }],
  );
}

function byDemand({ replicas, rollout, needs = new Map(), isTried }: PlanInput): ReplicaPlan {
  return new Map(
    [...needs].map(([revision, need]) => {
      const limited = withLimit(need, rollout.atMost);
      const isKept = isTried === true && replicas.get(revision) === 1 && limited.replicas <= 1;
      return [revision, isKept ? { replicas: 1, reason: TRIED } : limited];
    }),
  );
}

/** There is no room for the newest revision beside as many as are needed. */
function withLimit(need: Need, atMost: number | undefined): Need {
  if (atMost === undefined || need.replicas <= atMost) return need;
  const reason = `at most ${atMost} while they make room, step by step, for the newest revision; ${need.reason}`;
  return { replicas: atMost, reason };
}

function byRollout(
  name: string,
  base: Need,
  { rollout, serving, trialStarts, maxReplicas }: PlanInput & { serving: number },
): Need {
  const isLatest = name === rollout.latest;
  if (isLatest && trialStarts) return atLeast(1, base, TRIED);
  if (name === rollout.serving || rollout.latestStarts === undefined) return base;
  const { overtaken = [] } = rollout;
  // It is the newest that may still answer.
  const takesItsPlace = !rollout.latestStarts && name === overtaken.at(-1);
  if (overtaken.includes(name) && !takesItsPlace) return base;
  if (takesItsPlace || (isLatest && rollout.latestStarts)) {
    return atLeast(Math.min(serving, maxReplicas), base, 'the newest revision starts beside the one that serves');
  }
  const reason = isLatest ? 'the newest revision failed to start' : 'another revision has the traffic';
  return base.replicas === 0 ? base : { replicas: 0, reason };
}

function atLeast(replicas: number, base: Need, reason: string): Need {
  return base.replicas >= replicas ? base : { replicas, reason };
}

function kept(replicas: number): Need {
  return { replicas, reason: 'kept' };
}

function planAsleep(replicas: ReadonlyMap<string, number>, need: Need, overtaken: readonly string[] = []): ReplicaPlan {
  const tried = { replicas: 1, reason: 'a revision that a newer one overtook is being tried' };
  const isTried = (name: string) => overtaken.includes(name) && (replicas.get(name) ?? 0) > 0;
  return new Map([...replicas.keys()].map((name) => [name, isTried(name) ? tried : need]));
}

function planAll(replicas: ReadonlyMap<string, number>, need: Need): ReplicaPlan {
  return new Map([...replicas.keys()].map((name) => [name, need]));
}
