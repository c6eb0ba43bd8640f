import { isOpen, STATES } from '../states.ts';
import type { Limits } from '../store.ts';
import type { Ledger, LedgerFunction } from './ledger.ts';
import { contentOf, type Row, type Statements } from './statements.ts';

interface Ending {
  nowMs: number;
  state: 'done' | 'buried' | 'cancelled';
  result?: Uint8Array | undefined;
  note: string | null;
  keepMs?: number | undefined;
}

/** Each operation forgets at most so many, so that none takes long; what is left is forgotten by the next. */
const FORGOTTEN_AT_ONCE = 1_000;

/** How an entry ends, what is kept of it, for how long, and how it begins again. */
export class Endings {
  readonly #do: Statements;
  readonly #ledger: Ledger;
  readonly #limits: Limits;
  /** No entry expires before; undefined: to be read. */
  #nextExpiryMs: number | undefined;

  constructor(statements: Statements, ledger: Ledger, limits: Limits) {
    this.#do = statements;
    this.#ledger = ledger;
    this.#limits = limits;
  }

  reload(): void {
    this.#nextExpiryMs = undefined;
  }

  /** Ends an open entry: the next of its ordering key is due, and the oldest ended ones go if there are too many. */
  end(row: Row, { nowMs, state, result, note, keepMs }: Ending): void {
    const f = this.#ledger.functionOf(row.fn);
    const isBuried = state === 'buried';
    const bytes = (isBuried ? row.bytes : 0) + (result?.byteLength ?? 0);
    const kept = isBuried ? this.#limits.buried : this.#limits.results;
    const expiresMs = nowMs + (keepMs ?? kept.ageMs);
    this.#do.end.run(STATES.indexOf(state), bytes, expiresMs, note, row.seq);
    if (!isBuried) this.#do.removePayload.run(contentOf(row));
    if (result !== undefined) this.#do.insertResult.run(contentOf(row), result);
    if (this.#nextExpiryMs !== undefined) this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresMs);
    this.#ledger.move(f, {
      from: { state: STATES[row.state] as Ending['state'], bytes: row.bytes },
      to: { state, bytes },
    });
    if (row.ordering_key !== null) this.#release(row.fn, row.ordering_key);
    this.#trim(f, isBuried);
  }

  /** Removes an entry with all that belongs to it; an open one counts as cancelled. */
  remove(row: Row): void {
    const { seq, fn, bytes } = row;
    const state = STATES[row.state] as Ending['state'];
    this.#do.remove.run(seq);
    if (isOpen(state) || state === 'buried') this.#do.removePayload.run(contentOf(row));
    if (!isOpen(state)) this.#do.removeResult.run(contentOf(row));
    this.#ledger.move(this.#ledger.functionOf(fn), { from: { state, bytes } });
    if (isOpen(state) && row.ordering_key !== null) this.#release(fn, row.ordering_key);
  }

  /** A buried entry waits again, as the last of its ordering key. */
  redrive(row: Row, nowMs: number): void {
    const { seq, fn, ordering_key: key } = row;
    const content = contentOf(row);
    const result = (this.#do.resultBytes.get(content)?.bytes as number | undefined) ?? 0;
    this.#do.removeResult.run(content);
    const isBehind = key !== null && this.#do.firstOpen.get(fn, key) !== undefined;
    const bytes = row.bytes - result;
    const place = this.#ledger.redrive(this.#ledger.functionOf(fn), { from: row.bytes, to: bytes });
    this.#do.redrive.run({ place, content, bytes, nowMs, dueMs: isBehind ? null : nowMs, seq });
  }

  forgetExpired(nowMs: number): void {
    this.#nextExpiryMs ??= (this.#do.nextExpiry.get()?.expires_at as number | undefined) ?? Number.POSITIVE_INFINITY;
    if (this.#nextExpiryMs > nowMs) return;
    for (const row of this.#do.expired.all(nowMs, FORGOTTEN_AT_ONCE) as unknown as Row[]) this.remove(row);
    this.#nextExpiryMs = undefined;
  }

  /** The first open entry of the key becomes due, unless it is. */
  #release(fn: number, orderingKey: string): void {
    const first = this.#do.firstOpen.get(fn, orderingKey) as { seq: number; not_before: number; due_at: number | null };
    if (first?.due_at === null) this.#do.extend.run(first.not_before, first.seq);
  }

  #trim(f: LedgerFunction, isBuried: boolean): void {
    const { entries, bytes } = isBuried ? this.#limits.buried : this.#limits.results;
    const isTooMuch = () =>
      isBuried ? f.buried > entries || f.buriedBytes > bytes : f.done + f.cancelled > entries || f.keptBytes > bytes;
    while (isTooMuch()) this.remove(this.#do.oldestEnded.get(f.fn, isBuried ? 1 : 0) as unknown as Row);
  }
}
