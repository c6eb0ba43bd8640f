/** The Redis in which limits are kept that hold over all gateways to the request. */
import type { Clock } from '#platform/time/clock.ts';
import { type LimitAnswer, type LimitAsked, SCRIPT, scriptAnswer, scriptCall } from './exact-script.ts';

/** What is asked of a client of Redis: one command, with its answer. */
export interface RedisCalls {
  /** Whether a command can be sent now. */
  readonly isReady: boolean;
  call(command: readonly string[]): Promise<unknown>;
}

export interface ExactLimitsParts {
  redis: RedisCalls;
  clock: Clock;
  /** Before the name of each key. */
  prefix: string;
  /** It does not answer any more, or answers again; called at each change. */
  changed(isUp: boolean, error?: unknown): void;
}

/** Longest that a request waits for it. */
const ANSWER_MS = 50;
/** How long nothing is asked of it after it has not answered; then one request tries it (half-open). */
const PAUSE_MS = 1_000;
/** Requests that wait for it at once. */
const MOST_WAITING = 1_000;

export class ExactLimits {
  readonly #parts: ExactLimitsParts;
  #isUp = true;
  #triesAtMs = Number.NEGATIVE_INFINITY;
  #waiting = 0;
  #fallbacks = 0;

  constructor(parts: ExactLimitsParts) {
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Requests that were decided without it. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /** Undefined, perhaps at once: it does not answer, and the gateways decide by themselves. Never rejects. */
  ask(asked: readonly LimitAsked[]): Promise<LimitAnswer[] | undefined> | undefined {
    const { redis, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const mayAsk = this.#isUp ? this.#waiting < MOST_WAITING : nowMs >= this.#triesAtMs;
    if (!redis.isReady && this.#isUp) this.#fails(nowMs, new Error('there is no connection to it'));
    if (!mayAsk || !redis.isReady) {
      this.#fallbacks += 1;
      return undefined;
    }
    this.#triesAtMs = nowMs + PAUSE_MS;
    return this.#ask(asked);
  }

  async #ask(asked: readonly LimitAsked[]): Promise<LimitAnswer[] | undefined> {
    const { clock } = this.#parts;
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(ANSWER_MS, () => late.resolve(undefined));
    this.#waiting += 1;
    try {
      const reply = await Promise.race([this.#run(asked), late.promise]);
      const answer = scriptAnswer(reply, asked.length);
      if (answer === undefined)
        throw new Error(reply === undefined ? 'it did not answer in time' : 'it answered something else');
      if (!this.#isUp) this.#parts.changed(true);
      this.#isUp = true;
      return answer;
    } catch (error) {
      this.#fails(clock.nowMs(), error);
      this.#fallbacks += 1;
      return undefined;
    } finally {
      cancel();
      this.#waiting -= 1;
    }
  }

  async #run(asked: readonly LimitAsked[]): Promise<unknown> {
    const { redis, prefix } = this.#parts;
    const { digest, rest } = scriptCall(prefix, asked);
    try {
      return await redis.call(['EVALSHA', digest, ...rest]);
    } catch (error) {
      // It was started anew, and does not know the script.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await redis.call(['EVAL', SCRIPT, ...rest]);
    }
  }

  #fails(nowMs: number, error: unknown): void {
    this.#triesAtMs = Math.max(this.#triesAtMs, nowMs + PAUSE_MS);
    if (this.#isUp) this.#parts.changed(false, error);
    this.#isUp = false;
  }
}
