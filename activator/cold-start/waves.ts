import { randomUUID } from 'node:crypto';
import type { Clock } from '#platform/time/clock.ts';
import type { BacklogHint } from '../peers/messages.ts';
import type { RevisionHealth } from '../replicas/revision-health.ts';
import type { ClusterStarts } from './cluster-starts.ts';
import type { RevisionRef } from './deployment-scale.ts';
import { learnRequest, momentsOf, type StartMoments, type StartSample, startAloneMs } from './learning.ts';
import { PeerBacklog } from './peer-backlog.ts';
import type { ScaleUp } from './scale-up.ts';
import { neededReplicas } from './scale-up.ts';
import { type Backlog, type Learned, planWave } from './wave-plan.ts';

export interface WaveParts {
  clock: Clock;
  wake: ScaleUp;
  starts: ClusterStarts;
  /** Other gateways are to know how much waits here. */
  tell: (hint: BacklogHint) => void;
  /** To plan again, if anything still waits. */
  look: () => void;
}

/** The requests of a function, as its gate counts them. */
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
  found: RevisionHealth;
  perReplica: number;
  maxReplicas: number;
}

/** What the status of the Function says was learned before, in milliseconds. */
export interface LearnedBefore {
  startMs?: number | undefined;
  requestMs?: number | undefined;
}

/** A plan is good for so long, in milliseconds: requests that come together are planned for together. */
const PLAN_MS = 10;
/** Others are told again after so long, or once the number has changed by this part. */
const TELL = { afterMs: 500, change: 0.25 };

/** This process, among gateways that tell each other of their requests. */
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
  #told = { requests: 0, atMs: Number.NEGATIVE_INFINITY };
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

  /** @param ms that a replica spent on a request. */
  served(ms: number): void {
    this.#requestMs = learnRequest(this.#requestMs ?? this.#before.requestMs, ms);
  }

  /** What is not known here is taken from there. */
  remember(before: LearnedBefore): void {
    this.#before = before;
  }

  /** Another gateway's requests for it. */
  take(hint: BacklogHint): void {
    this.#peers.take(hint, this.#parts.clock.nowMs());
  }

  /** Something waits. How many replicas to have of the revision; undefined: as planned a moment ago. */
  want(scene: Scene): number | undefined {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - this.#plannedAtMs < PLAN_MS) {
      this.#lookAt(this.#plannedAtMs + PLAN_MS);
      return undefined;
    }
    this.#plannedAtMs = nowMs;
    const backlog = this.#backlog(scene, nowMs);
    this.#tell(scene, nowMs);
    const { replicas, lookAgainInMs } = planWave(backlog, this.#learned());
    this.#due?.cancel();
    this.#due = undefined;
    this.#lookAt(nowMs + lookAgainInMs);
    // Replicas that are there and do not answer have to be replaced.
    const { found, perReplica, maxReplicas } = scene;
    return neededReplicas(replicas * perReplica, perReplica, maxReplicas, found.silent);
  }

  /** Nothing waits any more. */
  rest(): void {
    this.#due?.cancel();
    this.#due = undefined;
    if (this.#told.requests === 0) return;
    this.#told = { requests: 0, atMs: Number.NEGATIVE_INFINITY };
    this.#parts.tell({ function: this.#key, from: FROM, requests: 0 });
  }

  [Symbol.dispose](): void {
    this.rest();
  }

  #learned(): Learned {
    const { starts } = this.#parts;
    const startMs = this.startMs ?? this.#before.startMs ?? starts.startMs;
    return { startMs, requestMs: this.#requestMs ?? this.#before.requestMs, parallelCost: starts.parallelCost };
  }

  #backlog({ ref, demand, found, perReplica, maxReplicas }: Scene, nowMs: number): Backlog {
    const { waiting, inFlight, takenByOthers, waitingSinceMs, admittedAtMs } = demand;
    const startingMs = found.startingSinceMs.map((sinceMs) => nowMs - sinceMs);
    // Asked for, and not seen yet.
    const { wake } = this.#parts;
    const { atMs } = wake.ordered(ref);
    const unseen = Math.min(wake.unseen(ref, found.pods), maxReplicas);
    for (let n = 0; n < unseen; n += 1) startingMs.push(nowMs - atMs);
    const waitedMs = nowMs - (waitingSinceMs ?? nowMs);
    return {
      requests: waiting + inFlight + Math.max(takenByOthers, this.#peers.requests(nowMs)),
      perReplica,
      ready: found.answering.length,
      startingMs,
      maxReplicas,
      waitedMs,
      stalledMs: Math.min(nowMs - admittedAtMs, waitedMs),
    };
  }

  #tell({ key, demand }: Scene, nowMs: number): void {
    const requests = demand.waiting + demand.inFlight;
    const { requests: told, atMs } = this.#told;
    if (nowMs - atMs < TELL.afterMs && Math.abs(requests - told) <= told * TELL.change) return;
    this.#key = key;
    this.#told = { requests, atMs: nowMs };
    this.#parts.tell({ function: key, from: FROM, requests });
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
