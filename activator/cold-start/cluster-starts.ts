import { Integral } from '../telemetry/integral.ts';
import {
  learnParallelCost,
  learnStart,
  PARALLEL_COST,
  type StartMoments,
  type StartSample,
  startAloneMs,
} from './learning.ts';

/** One start under way. */
export interface StartMark {
  readonly atMs: number;
  /** The integral of starts under way, at its beginning. */
  readonly integralSeconds: number;
}

/** A start that takes longer than this, as of a pod that fits no node, is not one of those that hold others up. */
const LONGEST_MS = 60_000;
/** Of the last one, in the mean over all functions. */
const START_WEIGHT = 0.1;

/** All starts that this gateway sees, of all functions: how long they take, and what several at once cost. */
export class ClusterStarts {
  readonly #integral: Integral;
  readonly #underWay = new Set<StartMark>();
  #parallelCost = PARALLEL_COST;
  #startMs: number | undefined;

  constructor(nowMs: number) {
    this.#integral = new Integral(nowMs);
  }

  /** By what part each further start at the same time makes all of them longer. */
  get parallelCost(): number {
    return this.#parallelCost;
  }
  /** Of a function that is not known: as those that are; in milliseconds, undefined: none was seen yet. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  begin(nowMs: number): StartMark {
    this.#count(nowMs);
    const mark = { atMs: nowMs, integralSeconds: this.#integral.seconds };
    this.#underWay.add(mark);
    return mark;
  }

  /** It answers, or never will. What it says of starts; undefined: it took too long to say anything. */
  end(mark: StartMark, nowMs: number): StartSample | undefined {
    this.#count(nowMs);
    if (!this.#underWay.delete(mark)) return undefined;
    const ms = nowMs - mark.atMs;
    if (ms <= 0) return undefined;
    return { ms, parallel: Math.max(1, ((this.#integral.seconds - mark.integralSeconds) * 1000) / ms) };
  }

  /** @param before what was known of this function's starts. Returns what is known now. */
  learn(before: StartMoments | undefined, sample: StartSample): StartMoments {
    const moments = learnStart(before, sample);
    this.#parallelCost = learnParallelCost(this.#parallelCost, moments, sample);
    const aloneMs = startAloneMs(moments, this.#parallelCost);
    this.#startMs = this.#startMs === undefined ? aloneMs : this.#startMs + START_WEIGHT * (aloneMs - this.#startMs);
    return moments;
  }

  #count(nowMs: number): void {
    this.#integral.add(this.#underWay.size, nowMs);
    // The oldest are first.
    for (const mark of this.#underWay) {
      if (nowMs - mark.atMs <= LONGEST_MS) break;
      this.#underWay.delete(mark);
    }
  }
}
