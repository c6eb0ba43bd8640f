/**
 * Which other gateways are heard, and what part of a limit is this gateway's while some are not. As long as all are heard the
 * whole limit is everyone's, for each knows what the others have let through. Of one that is silent and may be alive, the
 * share that it had is left to it; one that is gone leaves its share to the others.
 */

/** So long after its last sign a gateway counts as silent. It gives one each second. */
const SILENT_MS = 2_500;
/** So long after it, this gateway's own use does not count any more in what the shares are made of: it may be that of one alone. */
const LATE_MS = 1_300;
/** What a gateway may have let through of a limit even where it had no share of it. */
const LEAST_SHARE = 0.1;
/** Of the use that shares are made of. */
const HALF_LIFE_MS = 15_000;
/** Keys whose use is known by gateway. */
const MOST_KEYS = 4_096;
/** Gateways that are remembered. */
const MOST_GATEWAYS = 64;

/** This gateway's name among those of the others. */
const OWN = '';

interface Use {
  requests: number;
  atMs: number;
}

export class GatewayShares {
  readonly #heardAtMs = new Map<string, number>();
  /** By key and gateway; the key that was used last stands last. */
  readonly #uses = new Map<string, Map<string, Use>>();
  /** Gateways whose share is left to them. */
  #held: readonly string[] = [];
  /** What is this gateway's of keys that are not in `#shares`; 1: no gateway is silent. */
  #share = 1;
  readonly #shares = new Map<string, number>();
  #isLate = false;
  /** Since when there are more gateways than were ever heard; undefined: there are not. */
  #unknownSinceMs: number | undefined;

  /** Whether all limits are this gateway's in full. */
  get isWhole(): boolean {
    return this.#share === 1;
  }

  /** Keys of which the use is known, the one that was used last at the end. */
  keys(): Iterable<string> {
    return this.#uses.keys();
  }

  /** A sign of life of another gateway. */
  heard(gateway: string, nowMs: number): void {
    if (!this.#heardAtMs.has(gateway) && this.#heardAtMs.size >= MOST_GATEWAYS) return;
    this.#heardAtMs.delete(gateway);
    this.#heardAtMs.set(gateway, nowMs);
  }

  /** Requests of a key that were let through. @param gateway undefined: by this one */
  used(name: string, gateway: string | undefined, requests: number, nowMs: number): void {
    if (gateway === undefined && this.#isLate) return;
    const uses = this.#uses.get(name) ?? new Map<string, Use>();
    this.#uses.delete(name);
    this.#uses.set(name, uses);
    if (this.#uses.size > MOST_KEYS) this.#uses.delete(this.#uses.keys().next().value as string);
    const of = gateway ?? OWN;
    if (!uses.has(of) && uses.size > MOST_GATEWAYS) return;
    uses.set(of, { requests: left(uses.get(of), nowMs) + requests, atMs: nowMs });
  }

  /** What part of a limit is this gateway's, 0 < x ≤ 1. */
  shareOf(name: string): number {
    return this.#share === 1 ? 1 : (this.#shares.get(name) ?? this.#share);
  }

  /** To be called some times a second. @param others gateways that there may be: known of, and not seen to be gone. */
  look(others: number, nowMs: number): void {
    const fresh = [...this.#heardAtMs].filter(([, atMs]) => nowMs - atMs < SILENT_MS);
    const silent = [...this.#heardAtMs.keys()].filter((one) => !fresh.some(([name]) => name === one));
    const missing = Math.max(0, others - fresh.length);
    // Those that were heard last; of one that is gone nothing is left to hold.
    const held = missing === 0 ? [] : silent.slice(-missing);
    const unknown = this.#unknown(missing - held.length, nowMs);
    for (const gone of silent.slice(0, silent.length - held.length)) this.#heardAtMs.delete(gone);
    this.#isLate = [...this.#heardAtMs.values()].some((atMs) => nowMs - atMs >= LATE_MS);
    const share = 1 - (held.length + unknown) / (others + 1);
    if (share === this.#share && held.join() === this.#held.join()) return;
    this.#held = held;
    this.#share = share;
    this.#shares.clear();
    if (held.length > 0) this.#divide(unknown, nowMs);
  }

  /** Gateways that were never heard, once they have had the time to be. */
  #unknown(count: number, nowMs: number): number {
    this.#unknownSinceMs = count === 0 ? undefined : (this.#unknownSinceMs ?? nowMs);
    return this.#unknownSinceMs !== undefined && nowMs - this.#unknownSinceMs >= SILENT_MS ? count : 0;
  }

  /** @param unknown gateways that are silent and were never heard. */
  #divide(unknown: number, nowMs: number): void {
    for (const [name, uses] of this.#uses) {
      const all = [...uses].reduce((sum, [of, use]) => sum + this.#lastKnown(of, use, nowMs), 0);
      const theirs = this.#held.reduce((sum, of) => sum + this.#lastKnown(of, uses.get(of), nowMs), 0);
      if (all === 0) continue;
      const share = (1 - theirs / all) / (unknown + 1);
      this.#shares.set(name, Math.max(LEAST_SHARE, share));
    }
  }

  /** Of a gateway that is silent, when it was heard last. */
  #lastKnown(gateway: string, use: Use | undefined, nowMs: number): number {
    return left(use, Math.max(use?.atMs ?? 0, this.#heardAtMs.get(gateway) ?? nowMs));
  }
}

/** What is left of a use, which fades. */
function left(use: Use | undefined, nowMs: number): number {
  return use === undefined ? 0 : use.requests * 0.5 ** ((nowMs - use.atMs) / HALF_LIFE_MS);
}
