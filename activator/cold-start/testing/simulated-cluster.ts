/** For tests: a cluster in which starts share processors, seen in steps of a millisecond; the same seed gives the same times. */
import { seeded } from '#platform/testing/seeded.ts';
import { type StartMark, StartTimes } from '../../replicas/start-times.ts';
import { ClusterStarts } from '../cluster-starts.ts';
import { learnRequest, type StartMoments, startAloneMs } from '../learning.ts';
import type { Learned } from '../wave-plan.ts';
import { type Hardware, type SimulatedStart, SimulatedStarts } from './simulated-starts.ts';

export interface Burst {
  requests: number;
  perReplica: number;
  requestMs: number;
  maxReplicas: number;
}

/** What a strategy is told; it answers how many replicas to have. */
export interface Sight {
  nowMs: number;
  waiting: number;
  inFlight: number;
  ready: number;
  startingMs: number[];
  stalledMs: number;
  learned: Learned;
}
/** `inMs`: when it is asked again; sooner where a replica comes. */
export type Strategy = (sight: Sight, burst: Burst) => { replicas: number; inMs: number };

interface SimulatedReplica extends SimulatedStart {
  orderedAtMs: number;
  mark: StartMark | undefined;
  isReady: boolean;
  /** When each of its requests is done. */
  endsAtMs: number[];
}

const LONGEST_BURST_MS = 600_000;

/** How one burst from zero went. */
export interface Outcome {
  /** Of each request, from the burst to its answer, rising. */
  latenciesMs: number[];
  replicas: number;
}

/** One function on one cluster, burst after burst; what it has learned stays. */
export class SimulatedCluster {
  readonly #hardware: SimulatedStarts;
  readonly #starts = new ClusterStarts();
  readonly #times = new StartTimes(0);
  #moments: StartMoments | undefined;
  #requestMs: number | undefined;
  #nowMs = 0;

  constructor(hardware: Hardware, seed: number) {
    this.#hardware = new SimulatedStarts(hardware, seeded(seed));
  }

  get learned(): Learned {
    const { parallelCost } = this.#starts;
    const startMs = this.#moments && startAloneMs(this.#moments, parallelCost);
    return { startMs, requestMs: this.#requestMs, parallelCost };
  }

  burst(burst: Burst, strategy: Strategy): Outcome {
    const replicas: SimulatedReplica[] = [];
    const beganAtMs = this.#nowMs;
    const latenciesMs: number[] = [];
    let waiting = burst.requests;
    let admittedAtMs = beganAtMs;
    let lookAtMs = beganAtMs;
    // A burst that never ends has fewer latencies than requests.
    while (latenciesMs.length < burst.requests && this.#nowMs - beganAtMs < LONGEST_BURST_MS) {
      const came = this.#step(replicas);
      this.#finish(replicas, beganAtMs, burst, latenciesMs);
      const admitted = this.#admit(replicas, burst, waiting);
      if (admitted > 0) admittedAtMs = this.#nowMs;
      waiting -= admitted;
      if (waiting > 0 && (came || this.#nowMs >= lookAtMs)) {
        const { replicas: wanted, inMs } = strategy(this.#sight(replicas, waiting, admittedAtMs), burst);
        lookAtMs = this.#nowMs + inMs;
        while (replicas.length < Math.min(wanted, burst.maxReplicas)) replicas.push(this.#order(replicas.length));
      }
      this.#nowMs += 1;
    }
    this.#sleep(replicas);
    return { latenciesMs, replicas: replicas.length };
  }

  /** For a minute. */
  #sleep(replicas: readonly SimulatedReplica[]): void {
    for (const { mark } of replicas) if (mark !== undefined) this.#times.end(mark, this.#nowMs);
    this.#nowMs += 60_000;
  }

  /** How many of those that wait a replica takes now. */
  #admit(replicas: readonly SimulatedReplica[], { perReplica, requestMs }: Burst, waiting: number): number {
    let left = waiting;
    for (const { endsAtMs } of replicas.filter(({ isReady }) => isReady)) {
      for (; left > 0 && endsAtMs.length < perReplica; left -= 1) endsAtMs.push(this.#nowMs + requestMs);
    }
    return waiting - left;
  }

  #order(n: number): SimulatedReplica {
    const mark = this.#times.begin(this.#nowMs);
    return { ...this.#hardware.order(n), orderedAtMs: this.#nowMs, mark, isReady: false, endsAtMs: [] };
  }

  /** A millisecond passes. True: another replica answers. */
  #step(replicas: readonly SimulatedReplica[]): boolean {
    const started = this.#hardware.step(replicas.filter(({ isReady }) => !isReady));
    for (const one of started) this.#answers(one);
    return started.length > 0;
  }

  #answers(replica: SimulatedReplica): void {
    replica.isReady = true;
    const sample = replica.mark && this.#times.end(replica.mark, this.#nowMs);
    replica.mark = undefined;
    if (sample !== undefined) this.#moments = this.#starts.learn(this.#moments, sample);
  }

  #finish(replicas: readonly SimulatedReplica[], beganAtMs: number, { requestMs }: Burst, latenciesMs: number[]): void {
    for (const replica of replicas) {
      const still = replica.endsAtMs.filter((endsAtMs) => endsAtMs > this.#nowMs);
      for (let n = still.length; n < replica.endsAtMs.length; n += 1) {
        latenciesMs.push(this.#nowMs - beganAtMs);
        this.#requestMs = learnRequest(this.#requestMs, { ms: requestMs, waitMs: 0 });
      }
      replica.endsAtMs = still;
    }
  }

  #sight(replicas: readonly SimulatedReplica[], waiting: number, admittedAtMs: number): Sight {
    return {
      nowMs: this.#nowMs,
      waiting,
      inFlight: replicas.reduce((sum, { endsAtMs }) => sum + endsAtMs.length, 0),
      ready: replicas.filter(({ isReady }) => isReady).length,
      startingMs: replicas.filter(({ isReady }) => !isReady).map(({ orderedAtMs }) => this.#nowMs - orderedAtMs),
      stalledMs: this.#nowMs - admittedAtMs,
      learned: this.learned,
    };
  }
}

/** All that the requests justify, at once. */
export const allAtOnce: Strategy = ({ waiting, inFlight }, { perReplica }) => ({
  replicas: Math.ceil((waiting + inFlight) / perReplica),
  inMs: 500,
});

/** One, and what the mean concurrency asks for, at 70 % of the limit, at the next of its ticks two seconds apart. */
export function onTicks(): Strategy {
  let first = true;
  return ({ waiting, inFlight }, { perReplica }) => {
    const replicas = first ? 1 : Math.ceil((waiting + inFlight) / (perReplica * 0.7));
    first = false;
    return { replicas, inMs: 2_000 };
  };
}
