import { STATES } from '../states.ts';
import type { EnqueueResult, Entry, Limits, NewEntry, Payload } from '../store.ts';
import type { Ledger } from './ledger.ts';
import type { Row, Statements } from './statements.ts';

/** Whether a new entry is accepted, and how it begins. */
export class Admission {
  readonly #do: Statements;
  readonly #ledger: Ledger;
  readonly #limits: Limits;

  constructor(statements: Statements, ledger: Ledger, limits: Limits) {
    this.#do = statements;
    this.#ledger = ledger;
    this.#limits = limits;
  }

  enqueue(entry: NewEntry, nowMs: number): EnqueueResult {
    const there = this.#do.byId.get(entry.id) as unknown as Row | undefined;
    if (there !== undefined) return { outcome: 'exists', id: there.id, state: STATES[there.state] as Entry['state'] };
    const { owner, dedup, orderingKey = null, notBeforeMs = nowMs } = entry;
    const known = this.#ledger.function(owner.uid);
    const same = known && dedup && (this.#do.byDedup.get(known.fn, dedup.key) as unknown as Row | undefined);
    if (same && dedup.fingerprint !== same.fingerprint) return { outcome: 'conflict', id: same.id };
    if (same) return { outcome: 'exists', id: same.id, state: STATES[same.state] as Entry['state'] };
    const bytes = bytesOf(entry);
    const bound = this.#ledger.brokenBound(owner, bytes, this.#limits);
    if (bound !== undefined) return { outcome: 'full', bound };

    const { fn, seq } = this.#ledger.accept(owner, bytes);
    const isBehind = orderingKey !== null && this.#do.firstOpen.get(fn, orderingKey) !== undefined;
    const firstMs = Math.max(notBeforeMs, nowMs);
    const keys = { orderingKey, dedupKey: dedup?.key ?? null, fingerprint: dedup?.fingerprint ?? null };
    const times = { nowMs, notBeforeMs: firstMs, dueMs: isBehind ? null : firstMs };
    this.#do.insert.run({ seq, fn, id: entry.id, bytes, ...keys, ...times });
    this.#do.insertPayload.run(seq, entry.head, entry.body);
    return { outcome: 'accepted' };
  }
}

export function bytesOf({ head, body }: Payload): number {
  return head.byteLength + body.byteLength;
}
