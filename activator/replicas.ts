import type { Clock } from '#platform/clock.ts';
import { mayRest, restMs, SHORTEST_REST_MS, TRIAL_MS } from './ejection.ts';
import { guarded } from './entries.ts';
import { type PodObject, type PodState, podState } from './pod-state.ts';
import { probeUntilAnswer } from './probe.ts';
import { Replica } from './replica.ts';
import type { StartFailure } from './terminal.ts';

/** One change of one object. */
export interface Change<T> {
  type: 'added' | 'updated' | 'deleted';
  object: T;
}

/** What changes of a kind of object look like; an informer, or a test. */
export interface Feed<T> {
  /** Resolves when all that existed at the start was told. */
  readonly synced: Promise<void>;
  /** Calls back for each change, first with what is known already. Returns how to stop. */
  onChange(handler: (change: Change<T>) => void): () => void;
}

/** One pod of a function that was not told to go. */
export interface Pod {
  readonly uid: string;
  readonly revision: string;
  /** Undefined until the pod has an address. */
  readonly replica: Replica | undefined;
  /** Why it does not start; undefined once it has answered. */
  readonly failure: StartFailure | undefined;
  /** When the failure was first seen, on the activator's clock. */
  readonly failedAtMs: number | undefined;
}

class KnownPod implements Pod {
  state: PodState;
  replica: Replica | undefined;
  failedAtMs: number | undefined;
  scheduledAtMs: number | undefined;
  /** Ends its probe, or its rest before that. */
  stopProbe: (() => void) | undefined;
  isResting = false;
  endTrial: (() => void) | undefined;

  constructor(state: PodState) {
    this.state = state;
  }
  get uid(): string {
    return this.state.uid;
  }
  get revision(): string {
    return this.state.revision;
  }
  get failure(): StartFailure | undefined {
    return this.replica?.answeredAtMs === undefined ? this.state.failure : undefined;
  }
}

/** All pods of all functions, each one probed by itself from the moment that its address is known. */
export class Replicas implements Disposable {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #byFunction = new Map<string, Map<string, KnownPod>>();
  readonly #stopFeed: () => void;
  #probed = 0;
  #onChange: (functionKey: string) => void = () => undefined;

  constructor(feed: Feed<PodObject>, clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
    const onChange = ({ type, object }: Change<PodObject>) => this.#changed(object, type === 'deleted');
    this.#stopFeed = feed.onChange(guarded('pod change', onChange));
  }

  /** The one listener, told of each change of a function's pods, synchronously. */
  listen(onChange: (functionKey: string) => void): void {
    this.#onChange = onChange;
  }

  of(functionKey: string): Iterable<Pod> {
    return this.#byFunction.get(functionKey)?.values() ?? [];
  }

  /**
   * It did not take a request, or not answer it in time: out of the rotation until a probe succeeds again. The more often
   * in a row that happens the later it is probed, as long as others answer in its place.
   */
  suspend(functionKey: string, replica: Replica): void {
    const pod = this.#byFunction.get(functionKey)?.get(replica.uid);
    if (pod === undefined || !replica.answering) return;
    replica.answering = false;
    replica.failures += 1;
    replica.silentSinceMs = this.#clock.nowMs();
    pod.endTrial?.();
    const { answering, resting } = this.#count(functionKey, pod.revision);
    const ms = mayRest(answering, resting + 1) ? restMs(replica.failures, this.#random()) : SHORTEST_REST_MS;
    this.#rest(pod, replica, ms);
    this.#endRests(functionKey, pod.revision);
    this.#onChange(functionKey);
  }

  /** It has answered a request: as good as any. */
  trust(functionKey: string, replica: Replica): void {
    if (!replica.answering) return;
    replica.failures = 0;
    const pod = this.#byFunction.get(functionKey)?.get(replica.uid);
    if (pod?.endTrial === undefined) return;
    pod.endTrial();
    this.#onChange(functionKey);
  }

  [Symbol.dispose](): void {
    this.#stopFeed();
    for (const pods of this.#byFunction.values()) for (const pod of pods.values()) end(pod);
    this.#byFunction.clear();
  }

  #changed(object: PodObject, deleted: boolean): void {
    const state = podState(object);
    if (state === undefined) return;
    if (deleted || state.leaving) this.#remove(state);
    else this.#keep(state);
    this.#onChange(state.functionKey);
  }

  #remove({ functionKey, uid }: PodState): void {
    const pods = this.#byFunction.get(functionKey);
    const pod = pods?.get(uid);
    if (pods === undefined || pod === undefined) return;
    end(pod);
    pods.delete(uid);
    if (pods.size === 0) this.#byFunction.delete(functionKey);
    else this.#endRests(functionKey, pod.revision);
  }

  #count(functionKey: string, revision: string): { answering: number; resting: number } {
    let answering = 0;
    let resting = 0;
    for (const pod of this.of(functionKey) as Iterable<KnownPod>) {
      if (pod.revision !== revision) continue;
      if (pod.replica?.answering) answering += 1;
      if (pod.isResting) resting += 1;
    }
    return { answering, resting };
  }

  #rest(pod: KnownPod, replica: Replica, ms: number): void {
    pod.isResting = ms > SHORTEST_REST_MS;
    pod.stopProbe = this.#clock.after(ms, () => {
      pod.isResting = false;
      this.#probe(pod, replica);
    });
  }

  /** When none is left that answers, those that rest are needed. */
  #endRests(functionKey: string, revision: string): void {
    const { answering, resting } = this.#count(functionKey, revision);
    if (answering > 0 || resting === 0) return;
    for (const pod of this.of(functionKey) as Iterable<KnownPod>) {
      if (!pod.isResting || pod.revision !== revision || pod.replica === undefined) continue;
      pod.stopProbe?.();
      this.#rest(pod, pod.replica, 0);
    }
  }

  /** One that is back after a failure shows with one request that it is, unless no other could take the rest. */
  #tryOut(pod: KnownPod, replica: Replica, functionKey: string): void {
    if (replica.failures === 0 || this.#count(functionKey, pod.revision).answering < 2) return;
    replica.onTrial = true;
    const cancel = this.#clock.after(TRIAL_MS, () => {
      pod.endTrial?.();
      this.#onChange(functionKey);
    });
    pod.endTrial = () => {
      cancel();
      pod.endTrial = undefined;
      replica.onTrial = false;
    };
  }

  #keep(state: PodState): void {
    const pods = this.#byFunction.get(state.functionKey) ?? new Map<string, KnownPod>();
    this.#byFunction.set(state.functionKey, pods);
    const pod = pods.get(state.uid) ?? new KnownPod(state);
    pods.set(state.uid, pod);
    pod.state = state;
    if (state.failure === undefined) pod.failedAtMs = undefined;
    else pod.failedAtMs ??= this.#clock.nowMs();
    if (state.scheduled) pod.scheduledAtMs ??= this.#clock.nowMs();
    if (state.ip === '' || pod.replica?.upstream.ip === state.ip) return;
    // A pod's address is given once; should a sandbox be made anew with another one, the old one is no way to it.
    end(pod);
    pod.replica = new Replica(state, { scheduledAtMs: pod.scheduledAtMs, addressAtMs: this.#clock.nowMs() });
    this.#probe(pod, pod.replica);
  }

  #probe(pod: KnownPod, replica: Replica): void {
    const { state } = pod;
    const { uid, probe } = state;
    const target = { upstream: replica.upstream, uid, probe, probed: () => this.#probed };
    this.#probed += 1;
    const stop = probeUntilAnswer(target, this.#clock, () => {
      pod.stopProbe = undefined;
      this.#probed -= 1;
      replica.answering = true;
      replica.silentSinceMs = undefined;
      replica.answeredAtMs ??= this.#clock.nowMs();
      this.#tryOut(pod, replica, state.functionKey);
      this.#onChange(state.functionKey);
    });
    pod.stopProbe = () => {
      this.#probed -= 1;
      stop();
    };
  }
}

function end(pod: KnownPod): void {
  pod.stopProbe?.();
  pod.stopProbe = undefined;
  pod.isResting = false;
  pod.endTrial?.();
  if (pod.replica === undefined) return;
  pod.replica.answering = false;
  pod.replica.upstream.close();
}
