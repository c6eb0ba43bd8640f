import { Integral } from '../telemetry/integral.ts';

/** One start that was seen from its beginning to its first answer. */
export interface StartSample {
  ms: number;
  /** Mean number of starts that were under way meanwhile, this one included: 1 and up. */
  parallel: number;
}

/** One start under way. */
export interface StartMark {
  readonly atMs: number;
  /** The integral of starts under way, at its beginning. */
  readonly integralSeconds: number;
}

/** A start that takes longer than this, as of a pod that fits no node, is not counted among those that slow others down. */
const LONGEST_MS = 60_000;

/** Times all starts that this gateway sees, of all functions, and counts how many are under way at once. */
export class StartTimes {
  readonly #integral: Integral;
  readonly #underWay = new Set<StartMark>();

  constructor(nowMs: number) {
    this.#integral = new Integral(nowMs);
  }

  begin(nowMs: number): StartMark {
    this.#count(nowMs);
    const mark = { atMs: nowMs, integralSeconds: this.#integral.seconds };
    this.#underWay.add(mark);
    return mark;
  }

  /** The replica answers, or never will. Undefined: the start took no time, or too long to say anything. */
  end(mark: StartMark, nowMs: number): StartSample | undefined {
    this.#count(nowMs);
    if (!this.#underWay.delete(mark)) return undefined;
    const ms = nowMs - mark.atMs;
    if (ms <= 0) return undefined;
    return { ms, parallel: Math.max(1, ((this.#integral.seconds - mark.integralSeconds) * 1000) / ms) };
  }

  #count(nowMs: number): void {
    this.#integral.add(this.#underWay.size, nowMs);
    // In order of their beginning.
    for (const mark of this.#underWay) {
      if (nowMs - mark.atMs <= LONGEST_MS) break;
      this.#underWay.delete(mark);
    }
  }
}
