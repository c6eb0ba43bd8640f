import type { StartSample } from '../replicas/start-times.ts';
import { learnParallelCost, learnStart, PARALLEL_COST, type StartMoments, startAloneMs } from './learning.ts';

/** Of the last start, in the mean over all functions. */
const START_WEIGHT = 0.1;

/** What is learned from the starts of all functions: how long one takes, and what several at once cost. */
export class ClusterStarts {
  #parallelCost = PARALLEL_COST;
  #startMs: number | undefined;

  /** By what part each further start at the same time makes all of them longer. */
  get parallelCost(): number {
    return this.#parallelCost;
  }
  /** Mean start of those seen so far, in milliseconds: assumed for a function that is not known. Undefined: none was seen yet. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** @param before what was known of this function's starts. Returns what is known now. */
  learn(before: StartMoments | undefined, sample: StartSample): StartMoments {
    const moments = learnStart(before, sample);
    this.#parallelCost = learnParallelCost(this.#parallelCost, moments, sample);
    const aloneMs = startAloneMs(moments, this.#parallelCost);
    this.#startMs = this.#startMs === undefined ? aloneMs : this.#startMs + START_WEIGHT * (aloneMs - this.#startMs);
    return moments;
  }
}
