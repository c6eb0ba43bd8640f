import type { Clock } from '#platform/time/clock.ts';
import { guarded } from '../errors/guarded-entries.ts';
import { DOUBT_MS, HINT_PAUSE_MS, mayDoubt } from '../peers/hint-rules.ts';
import type { ReplicaHint } from '../peers/messages.ts';
import type { Change, Feed } from './feed.ts';
import { KnownPod, type Pod } from './known-pod.ts';
import { mayRest, restMs, SHORTEST_REST_MS, TRIAL_MS } from './outlier-ejection.ts';
import { type PodFacts, type PodObject, podFacts } from './pod-facts.ts';
import { PodNamespaces } from './pod-namespaces.ts';
import { probeUntilAnswer } from './probe.ts';
import { Replica } from './replica.ts';
import { type StartSample, StartTimes } from './start-times.ts';
import { StuckReplicas, type Suspect } from './stuck-replicas.ts';

/** All pods of all functions, each one probed by itself from the moment that its address is known. */
export class ReplicaRegistry implements Disposable {
  /** Namespaces of pods, for calls from functions to functions. */
  readonly namespaces = new PodNamespaces();
  readonly stuck: StuckReplicas;
  readonly #clock: Clock;
  readonly #starts: StartTimes;
  readonly #random: () => number;
  readonly #byFunction = new Map<string, Map<string, KnownPod>>();
  readonly #stopFeed: () => void;
  #probed = 0;
  #onChange: (functionKey: string) => void = () => undefined;
  #sendHint: (hint: ReplicaHint) => void = () => undefined;
  #onStart: (functionKey: string, sample: StartSample) => void = () => undefined;

  constructor(feed: Feed<PodObject>, clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.stuck = new StuckReplicas(clock);
    this.#random = random;
    this.#starts = new StartTimes(clock.nowMs());
    const onChange = ({ type, object }: Change<PodObject>) => this.#changed(object, type === 'deleted');
    this.#stopFeed = feed.onChange(guarded('pod change', onChange));
  }

  /** Sets the one listener, called synchronously at each change of a function's pods. */
  listen(onChange: (functionKey: string) => void): void {
    this.#onChange = onChange;
  }

  /** Sets the one listener, called with each start that was seen from its beginning, before the change that ended it. */
  onStart(onStart: (functionKey: string, sample: StartSample) => void): void {
    this.#onStart = onStart;
  }

  /** Sets the one listener, called with what this activator itself finds out. */
  onHealth(sendHint: (hint: ReplicaHint) => void): void {
    this.#sendHint = sendHint;
  }

  of(functionKey: string): Iterable<Pod> {
    return this.#byFunction.get(functionKey)?.values() ?? [];
  }

  /**
   * Outlier ejection: a replica that did not take or answer a request is out of the rotation until a probe succeeds. With
   * each failure in a row it rests longer before the probe, as long as others answer in its place.
   */
  suspend(functionKey: string, replica: Replica, suspect?: Suspect): void {
    const pod = this.#byFunction.get(functionKey)?.get(replica.uid);
    if (pod === undefined || !replica.answering) return;
    replica.answering = false;
    replica.failures += 1;
    replica.silentSinceMs = this.#clock.nowMs();
    pod.endTrial?.();
    pod.isDoubted = false;
    const { answering, resting } = this.#count(functionKey, pod.revision);
    const ms = mayRest(answering, resting + 1) ? restMs(replica.failures, this.#random()) : SHORTEST_REST_MS;
    this.#rest(pod, replica, ms);
    this.#endRests(functionKey, pod.revision);
    this.#onChange(functionKey);
    if (suspect !== undefined) {
      const isThere = () => this.#byFunction.get(functionKey)?.get(replica.uid) === pod;
      this.stuck.watch(pod.state, replica, suspect, isThere);
    }
    pod.isReported = true;
    this.#sendHint({ function: functionKey, uid: replica.uid, state: 'stuck' });
  }

  /**
   * Follows a hint of another activator: probes the replica at once. One that is said to be stuck gets no requests until it
   * has answered, as far as others can do its work. False: the hint had no effect.
   */
  follow({ function: functionKey, uid, state }: ReplicaHint): boolean {
    const pod = this.#byFunction.get(functionKey)?.get(uid);
    const nowMs = this.#clock.nowMs();
    if (pod?.replica?.answeredAtMs === undefined || nowMs - pod.hintedAtMs < HINT_PAUSE_MS) return false;
    if (state === 'stuck' ? !this.#doubt(pod, pod.replica) : !pod.isResting) return false;
    pod.hintedAtMs = nowMs;
    pod.stopProbe?.();
    this.#rest(pod, pod.replica, 0);
    this.#onChange(functionKey);
    return true;
  }

  /** It has answered a request: its failures are forgotten and its trial ends. */
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
    for (const pods of this.#byFunction.values()) for (const pod of pods.values()) pod.end();
    this.#byFunction.clear();
  }

  #changed(object: PodObject, deleted: boolean): void {
    const state = podFacts(object);
    if (state === undefined) return;
    this.namespaces.changed(object, deleted);
    if (deleted || state.leaving) this.#remove(state);
    else this.#keep(state);
    this.#onChange(state.functionKey);
  }

  #remove({ functionKey, uid }: PodFacts): void {
    const pods = this.#byFunction.get(functionKey);
    const pod = pods?.get(uid);
    if (pods === undefined || pod === undefined) return;
    pod.end();
    pod.endStart(this.#clock.nowMs());
    pods.delete(uid);
    if (pods.size === 0) this.#byFunction.delete(functionKey);
    else this.#endRests(functionKey, pod.revision);
  }

  #doubt(pod: KnownPod, replica: Replica): boolean {
    const { functionKey } = pod.state;
    const nowMs = this.#clock.nowMs();
    let doubted = 0;
    for (const one of this.of(functionKey) as Iterable<KnownPod>) {
      if (one.revision === pod.revision && one.isDoubted && nowMs - one.hintedAtMs < DOUBT_MS) doubted += 1;
    }
    if (!replica.answering || !mayDoubt(this.#count(functionKey, pod.revision).answering, doubted)) return false;
    replica.answering = false;
    replica.silentSinceMs = nowMs;
    pod.isDoubted = true;
    pod.endTrial?.();
    return true;
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

  /** When none answers any more, ends all rests: those that rest are needed. */
  #endRests(functionKey: string, revision: string): void {
    const { answering, resting } = this.#count(functionKey, revision);
    if (answering > 0 || resting === 0) return;
    for (const pod of this.of(functionKey) as Iterable<KnownPod>) {
      if (!pod.isResting || pod.revision !== revision || pod.replica === undefined) continue;
      pod.stopProbe?.();
      this.#rest(pod, pod.replica, 0);
    }
  }

  /** Half-open: a recovered replica gets one request until it succeeds, if others can take the load. */
  #tryOut(pod: KnownPod, replica: Replica, functionKey: string): void {
    if ((replica.failures === 0 && !pod.isDoubted) || this.#count(functionKey, pod.revision).answering < 2) return;
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

  #keep(state: PodFacts): void {
    const pods = this.#byFunction.get(state.functionKey) ?? new Map<string, KnownPod>();
    this.#byFunction.set(state.functionKey, pods);
    const nowMs = this.#clock.nowMs();
    const pod = pods.get(state.uid) ?? new KnownPod(state, this.#starts, nowMs);
    pods.set(state.uid, pod);
    const isSame = pod.state.failure?.reason === state.failure?.reason;
    pod.state = state;
    if (state.failure === undefined) pod.failedAtMs = undefined;
    else if (!isSame || pod.failedAtMs === undefined) pod.failedAtMs = nowMs;
    if (state.failure?.finalAfterMs === 0) pod.endStart(nowMs);
    if (state.scheduled) pod.scheduledAtMs ??= nowMs;
    const { replica } = pod;
    if (state.ip === '' || (replica?.upstream.ip === state.ip && replica.revision === state.revision)) return;
    // A pod gets a new address when its sandbox is made anew; the old one then leads elsewhere. With the label of another
    // revision it is another replica, for a replica never changes its pool.
    pod.end();
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
      const sample = pod.endStart(this.#clock.nowMs());
      if (sample !== undefined) this.#onStart(state.functionKey, sample);
      this.#tryOut(pod, replica, state.functionKey);
      pod.isDoubted = false;
      this.#onChange(state.functionKey);
      if (pod.isReported) this.#sendHint({ function: state.functionKey, uid, state: 'answers' });
      pod.isReported = false;
    });
    pod.stopProbe = () => {
      this.#probed -= 1;
      stop();
    };
  }
}
