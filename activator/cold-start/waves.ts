import { randomUUID } from 'node:crypto';
import type { Clock } from '#platform/time/clock.ts';
import type { BacklogHint } from '../peers/messages.ts';
import type { RevisionHealth } from '../replicas/revision-health.ts';
import type { StartSample } from '../replicas/start-times.ts';
import type { LearnedBefore } from '../routing/function-config.ts';
import type { ClusterStarts } from './cluster-starts.ts';
import type { RevisionRef } from './deployment-scale.ts';
import { learnRequest, momentsOf, type StartMoments, startAloneMs } from './learning.ts';
import { PeerBacklog } from './peer-backlog.ts';
import type { ScaleUp } from './scale-up.ts';
import { neededReplicas } from './scale-up.ts';
import { type Backlog, type Learned, planWave } from './wave-plan.ts';

export interface WaveParts {
  clock: Clock;
  scaleUp: ScaleUp;
  starts: ClusterStarts;
  /** Sends other gateways how much waits here. */
  send: (hint: BacklogHint) => void;
  /** Called when it is time to plan again. */
  look: () => void;
}

/** The requests of a function, as its queues count them. */
export interface Demand {
  readonly waiting: number;
  readonly inFlight: number;
  readonly takenByOthers: number;
  readonly waitingSinceMs: number | undefined;
  readonly admittedAtMs: number;
}

export interface Scene {
  /** `<namespace>/<name>` of the function. */
  key: string;
  ref: RevisionRef;
  demand: Demand;
  health: RevisionHealth;
  perReplica: number;
  maxReplicas: number;
}

/** Debounce, in milliseconds: requests that come within so long are planned for together. */
const PLAN_MS = 10;
/** Debounce: the number is sent to others again after so long, or once it has changed by this part. */
const SEND = { afterMs: 500, change: 0.25 };

/** Names this process in the hints that it sends. */
const FROM = randomUUID();

/** Starts one function's replicas in waves, and learns meanwhile how long starts and requests take. */
export class Waves implements Disposable {
  readonly #parts: WaveParts;
  readonly #peers = new PeerBacklog();
  #moments: StartMoments | undefined;
  #requestMs: number | undefined;
  #before: LearnedBefore = {};
  #plannedAtMs = Number.NEGATIVE_INFINITY;
  #due: { atMs: number; cancel: () => void } | undefined;
  #sent = { requests: 0, atMs: Number.NEGATIVE_INFINITY };
  #key = '';

  constructor(parts: WaveParts) {
    this.#parts = parts;
  }

  /** Of a start by itself; undefined: nothing is known. */
  get startMs(): number | undefined {
    return this.#moments && startAloneMs(this.#moments, this.#parts.starts.parallelCost);
  }
  get requestMs(): number | undefined {
    return this.#requestMs;
  }

  started(sample: StartSample): void {
    const { startMs } = this.#before;
    this.#moments = this.#parts.starts.learn(this.#moments ?? ((startMs && momentsOf(startMs)) || undefined), sample);
  }

  /** @param ms that a replica had a request. @param waitMs for how much of that, at most, it waited in the replica's queue. */
  served(ms: number, waitMs = 0): void {
    this.#requestMs = learnRequest(this.#requestMs ?? this.#before.requestMs, { ms, waitMs });
  }

  /** Sets what is used until this gateway has learned it itself. */
  remember(before: LearnedBefore): void {
    this.#before = before;
  }

  /** Another gateway's requests for it. */
  take(hint: BacklogHint): void {
    this.#peers.take(hint, this.#parts.clock.nowMs());
  }

  /** How many replicas to have for the requests that wait; undefined: a plan was made a moment ago. */
  want(scene: Scene): number | undefined {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - this.#plannedAtMs < PLAN_MS) {
      this.#lookAt(this.#plannedAtMs + PLAN_MS);
      return undefined;
    }
    this.#plannedAtMs = nowMs;
    const backlog = this.#backlog(scene, nowMs);
    this.#send(scene, nowMs);
    const { replicas, lookAgainInMs } = planWave(backlog, this.#learned());
    this.#due?.cancel();
    this.#due = undefined;
    this.#lookAt(nowMs + lookAgainInMs);
    // Replicas that are there and do not answer have to be replaced.
    const { health, perReplica, maxReplicas } = scene;
    return neededReplicas(replicas * perReplica, perReplica, maxReplicas, health.silent);
  }

  /** No request waits any more. */
  rest(): void {
    this.#due?.cancel();
    this.#due = undefined;
    if (this.#sent.requests === 0) return;
    this.#sent = { requests: 0, atMs: Number.NEGATIVE_INFINITY };
    this.#parts.send({ function: this.#key, from: FROM, requests: 0 });
  }

  [Symbol.dispose](): void {
    this.rest();
  }

  #learned(): Learned {
    const { starts } = this.#parts;
    const startMs = this.startMs ?? this.#before.startMs ?? starts.startMs;
    return { startMs, requestMs: this.#requestMs ?? this.#before.requestMs, parallelCost: starts.parallelCost };
  }

  #backlog({ ref, demand, health, perReplica, maxReplicas }: Scene, nowMs: number): Backlog {
    const { waiting, inFlight, takenByOthers, waitingSinceMs, admittedAtMs } = demand;
    const startingMs = health.startingSinceMs.map((sinceMs) => nowMs - sinceMs);
    // Replicas that were ordered and whose pods are not seen yet.
    const { scaleUp } = this.#parts;
    const { atMs } = scaleUp.ordered(ref);
    const unseen = Math.min(scaleUp.unseen(ref, health.pods), maxReplicas);
    for (let n = 0; n < unseen; n += 1) startingMs.push(nowMs - atMs);
    const waitedMs = nowMs - (waitingSinceMs ?? nowMs);
    return {
      requests: waiting + inFlight + Math.max(takenByOthers, this.#peers.requests(nowMs)),
      perReplica,
      // One that is only doubted is most likely back sooner than any that is started.
      ready: health.answering.length + health.doubted,
      startingMs,
      maxReplicas,
      waitedMs,
      stalledMs: Math.min(nowMs - admittedAtMs, waitedMs),
    };
  }

  #send({ key, demand }: Scene, nowMs: number): void {
    const requests = demand.waiting + demand.inFlight;
    const { requests: sent, atMs } = this.#sent;
    if (nowMs - atMs < SEND.afterMs && Math.abs(requests - sent) <= sent * SEND.change) return;
    this.#key = key;
    this.#sent = { requests, atMs: nowMs };
    this.#parts.send({ function: key, from: FROM, requests });
  }

  #lookAt(atMs: number): void {
    if (this.#due !== undefined && this.#due.atMs <= atMs) return;
    this.#due?.cancel();
    const { clock, look } = this.#parts;
    const cancel = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      this.#due = undefined;
      look();
    });
    this.#due = { atMs, cancel };
  }
}
