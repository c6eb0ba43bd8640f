import type { Clock } from '#platform/clock.ts';
import { type PodObject, type PodState, podState } from './pod-state.ts';
import { probeUntilAnswer } from './probe.ts';
import { Replica } from './replica.ts';
import type { StartFailure } from './terminal.ts';

/** What changes of a kind of object look like; an informer, or a test. */
export interface Feed<T> {
  /** Resolves when all that existed at the start was told. */
  readonly synced: Promise<void>;
  /** Calls back for each change, first with what is known already. Returns how to stop. */
  onChange(handler: (change: { type: 'added' | 'updated' | 'deleted'; object: T }) => void): () => void;
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
  stopProbe: (() => void) | undefined;

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

/** After a replica refused a request, before it is asked again whether it answers. */
const REST_MS = 15;

/** All pods of all functions, each one probed by itself from the moment that its address is known. */
export class Replicas implements Disposable {
  readonly #clock: Clock;
  readonly #byFunction = new Map<string, Map<string, KnownPod>>();
  readonly #stopFeed: () => void;
  #probed = 0;
  #onChange: (functionKey: string) => void = () => undefined;

  constructor(feed: Feed<PodObject>, clock: Clock) {
    this.#clock = clock;
    this.#stopFeed = feed.onChange(({ type, object }) => this.#changed(object, type === 'deleted'));
  }

  /** The one listener, told of each change of a function's pods, synchronously. */
  listen(onChange: (functionKey: string) => void): void {
    this.#onChange = onChange;
  }

  of(functionKey: string): Iterable<Pod> {
    return this.#byFunction.get(functionKey)?.values() ?? [];
  }

  /** It did not take a request, or not answer it in time: out of the rotation until a probe succeeds again. */
  suspend(functionKey: string, replica: Replica): void {
    const pod = this.#byFunction.get(functionKey)?.get(replica.uid);
    if (pod === undefined || !replica.answering) return;
    replica.answering = false;
    replica.silentSinceMs = this.#clock.nowMs();
    const cancel = this.#clock.after(REST_MS, () => this.#probe(pod, replica));
    pod.stopProbe = cancel;
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
  if (pod.replica === undefined) return;
  pod.replica.answering = false;
  pod.replica.upstream.close();
}
