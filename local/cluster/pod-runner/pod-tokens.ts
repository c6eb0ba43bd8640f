/** Tokens of the service accounts that pods run as, asked for before they are needed anew. */

import type { Pod } from '#platform/kube/resources.ts';
import type { Clock } from '#platform/time/clock.ts';
import { type TokenWish, tokenWishes, VolumeError } from './volumes.ts';

export interface IssuedToken {
  token: string;
  /** How long it is good for from now on, in milliseconds. */
  lifeMs: number;
}

interface PodTokensDeps {
  request(pod: Pod, wish: TokenWish): Promise<IssuedToken>;
  /** The pod's files are to be written again. */
  due(pod: Pod): void;
  /** Goes on while the machine sleeps. */
  clock: Clock;
}

/** What is kept of a token; times as the clock has them. */
interface Held {
  token: string;
  refreshAtMs: number;
  endsAtMs: number;
}

/** Part of a token's life after which the next one is asked for, as kubelet does. */
const REFRESH_AFTER = 0.8;
/** Longest that a token is used, whatever it is good for. */
const LONGEST_USE_MS = 24 * 3_600_000;
/** Timers stand still while a laptop sleeps; tokens grow old all the same. */
const LOOK_AGAIN_MS = 60_000;
/** After a failure that the present token outlives. */
const RETRY_MS = 10_000;

export class PodTokens implements Disposable {
  readonly #deps: PodTokensDeps;
  /** By the pod's uid, then by what was asked for. */
  readonly #pods = new Map<string, { held: Map<string, Held>; cancel: () => void }>();

  constructor(deps: PodTokensDeps) {
    this.#deps = deps;
  }

  /**
   * The tokens that the pod's volumes want, by `tokenKey`; for one that cannot be had, the reason. Calls `due` when the
   * first of them has to be replaced.
   */
  async of(pod: Pod): Promise<ReadonlyMap<string, string | VolumeError>> {
    const wishes = tokenWishes(pod.spec?.volumes ?? []);
    if (wishes.length === 0) return new Map();
    const uid = pod.metadata?.uid ?? '';
    const held = this.#pods.get(uid)?.held ?? new Map<string, Held>();
    const found = await Promise.all(
      wishes.map(async (wish) => [tokenKey(wish), await this.#token(pod, wish, held)] as const),
    );
    this.#pods.get(uid)?.cancel();
    this.#pods.set(uid, { held, cancel: this.#whenDue(pod, held) });
    return new Map(found);
  }

  /** The pod is gone. */
  forget(pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    this.#pods.get(uid)?.cancel();
    this.#pods.delete(uid);
  }

  [Symbol.dispose](): void {
    for (const { cancel } of this.#pods.values()) cancel();
    this.#pods.clear();
  }

  async #token(pod: Pod, wish: TokenWish, held: Map<string, Held>): Promise<string | VolumeError> {
    const { clock } = this.#deps;
    const key = tokenKey(wish);
    const present = held.get(key);
    if (present !== undefined && clock.nowMs() < present.refreshAtMs) return present.token;
    try {
      const issued = await this.#deps.request(pod, wish);
      const nowMs = clock.nowMs();
      const refreshAtMs = nowMs + Math.min(issued.lifeMs * REFRESH_AFTER, LONGEST_USE_MS);
      held.set(key, { token: issued.token, refreshAtMs, endsAtMs: nowMs + issued.lifeMs });
      return issued.token;
    } catch (error) {
      const nowMs = clock.nowMs();
      if (present !== undefined) held.set(key, { ...present, refreshAtMs: nowMs + RETRY_MS });
      if (present !== undefined && nowMs < present.endsAtMs) return present.token;
      return new VolumeError(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #whenDue(pod: Pod, held: ReadonlyMap<string, Held>): () => void {
    if (held.size === 0) return () => undefined; // who could not set the volume up asks again
    const { clock, due } = this.#deps;
    const firstMs = Math.min(...[...held.values()].map(({ refreshAtMs }) => refreshAtMs));
    let cancel: () => void;
    const wait = (): void => {
      const leftMs = firstMs - clock.nowMs();
      if (leftMs <= 0) due(pod);
      else cancel = clock.after(Math.min(leftMs, LOOK_AGAIN_MS), wait);
    };
    cancel = clock.after(Math.min(Math.max(0, firstMs - clock.nowMs()), LOOK_AGAIN_MS), wait);
    return () => cancel();
  }
}

export function tokenKey({ audience, expirationSeconds }: TokenWish): string {
  return `${expirationSeconds} ${audience ?? ''}`;
}
