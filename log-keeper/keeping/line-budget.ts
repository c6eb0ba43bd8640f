/** How fast lines may come. Pure. */
import { type Rate, TokenBucket } from '#platform/time/token-bucket.ts';

const MIB = 2 ** 20;
/** What a function may add to its log: all that it keeps, each second. */
const FUNCTION_RATE: Rate = { perSecond: MIB, burst: MIB };
/** What the functions of a namespace may, together. */
const NAMESPACE_RATE: Rate = { perSecond: 4 * MIB, burst: 8 * MIB };
/** What is read for a namespace, dropped lines too: beyond it streams wait, which costs no other namespace anything. */
const READ_RATE: Rate = { perSecond: 8 * MIB, burst: 8 * MIB };
/** What a line costs beside its bytes, as bytes: empty ones take the same time. */
const LINE_BYTES = 128;

interface Buckets {
  kept: TokenBucket;
  read: TokenBucket;
  /** By the function's name. */
  functions: Map<string, { bucket: TokenBucket; dropped: number }>;
}

/** Which lines are kept where more come than may: a function that floods its log harms no other. */
export class LineBudget {
  readonly #namespaces = new Map<string, Buckets>();

  /** Whether the line may be kept, and how many were not since the last one that was. */
  take(of: { namespace: string; name: string }, bytes: number, nowMs: number): { keep: boolean; dropped: number } {
    const buckets = this.#of(of.namespace, nowMs);
    buckets.read.spend(LINE_BYTES, nowMs);
    const mine = buckets.functions.get(of.name) ?? { bucket: new TokenBucket(FUNCTION_RATE, nowMs), dropped: 0 };
    buckets.functions.set(of.name, mine);
    if (!mine.bucket.take(bytes, nowMs) || !buckets.kept.take(bytes, nowMs)) {
      mine.dropped += 1;
      return { keep: false, dropped: 0 };
    }
    const { dropped } = mine;
    mine.dropped = 0;
    return { keep: true, dropped };
  }

  /** How long to wait, in milliseconds, before more is read for the namespace, of which so many bytes were read just now. */
  paceMs(namespace: string, bytes: number, nowMs: number): number {
    return this.#of(namespace, nowMs).read.spend(bytes, nowMs);
  }

  /** Forgets the functions that `isKnown` does not know, and namespaces without any. */
  keepOnly(isKnown: (of: { namespace: string; name: string }) => boolean): void {
    for (const [namespace, { functions }] of this.#namespaces) {
      for (const name of functions.keys()) if (!isKnown({ namespace, name })) functions.delete(name);
      if (functions.size === 0) this.#namespaces.delete(namespace);
    }
  }

  #of(namespace: string, nowMs: number): Buckets {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const buckets: Buckets = {
      kept: new TokenBucket(NAMESPACE_RATE, nowMs),
      read: new TokenBucket(READ_RATE, nowMs),
      functions: new Map(),
    };
    this.#namespaces.set(namespace, buckets);
    return buckets;
  }
}
