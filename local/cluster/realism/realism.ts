/** Hands out what the plan of a seed has next. One of these stands in each process of a cluster that is to be slow. */
import { z } from 'zod';
import { hiccupMs, isTurnedAway, type Late, lateMs } from './plan.ts';

/** Requests are turned away at most once in this many milliseconds. */
const TURN_AWAY_EVERY_MS = 1_000;

export const LARGEST_SEED = 2 ** 31 - 1;

/** The setting of a process: the seed; absent: everything is immediate. */
export const REALISM_ENV = { CLUSTER_REALISM_SEED: z.coerce.number().int().min(0).max(LARGEST_SEED).optional() };

export class Realism {
  readonly #seed: number;
  readonly #nowMs: () => number;
  readonly #sequences = new Map<string, number>();
  #turnedAwayMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs milliseconds since any time */
  constructor(seed: number, nowMs: () => number = () => performance.now()) {
    this.#seed = seed;
    this.#nowMs = nowMs;
  }

  /** How much later the next event of this kind comes, in milliseconds. */
  lateMs(late: Late): number {
    return lateMs(this.#seed, late, this.#next(late));
  }

  /** Whether the API server has no room for the next request. */
  turnsAway(): boolean {
    const nowMs = this.#nowMs();
    const turnedAway = isTurnedAway(this.#seed, this.#next('request'));
    if (!turnedAway || nowMs - this.#turnedAwayMs < TURN_AWAY_EVERY_MS) return false;
    this.#turnedAwayMs = nowMs;
    return true;
  }

  /** How long the next start of a container is held up by a cache that is not filled, in milliseconds; 0: not at all. */
  hiccupMs(): number {
    return hiccupMs(this.#seed, this.#next('start'));
  }

  #next(kind: string): number {
    const sequence = this.#sequences.get(kind) ?? 0;
    this.#sequences.set(kind, sequence + 1);
    return sequence;
  }
}

export function realismOf({
  CLUSTER_REALISM_SEED: seed,
}: {
  CLUSTER_REALISM_SEED?: number | undefined;
}): Realism | undefined {
  return seed === undefined ? undefined : new Realism(seed);
}
