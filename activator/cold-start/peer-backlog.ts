import type { BacklogHint } from '../peers/messages.ts';

/** What a gateway said of its requests is believed for so long, in milliseconds; while they wait it is said again sooner. */
const BELIEVED_MS = 1_500;
/** Bound in memory; hints of further gateways are ignored. */
const GATEWAYS_MAX = 64;

/** What other gateways have of one function's requests, by what they say. */
export class PeerBacklog {
  readonly #byGateway = new Map<string, { requests: number; atMs: number }>();

  take({ from, requests }: BacklogHint, nowMs: number): void {
    this.#byGateway.delete(from);
    if (requests > 0 && this.#byGateway.size < GATEWAYS_MAX) this.#byGateway.set(from, { requests, atMs: nowMs });
  }

  /** Waiting or in flight at others. */
  requests(nowMs: number): number {
    let sum = 0;
    for (const [from, { requests, atMs }] of this.#byGateway) {
      if (nowMs - atMs > BELIEVED_MS) this.#byGateway.delete(from);
      else sum += requests;
    }
    return sum;
  }
}
