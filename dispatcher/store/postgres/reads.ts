import { MAX_PAYLOADS_BYTES, tooManyPayloads } from '../check-input.ts';
import { readCursor, writeCursor } from '../list-cursor.ts';
import { stateOf } from '../states.ts';
import type { Entry, FunctionCounts, ListFilter, Page, Payload, Totals } from '../store.ts';
import type { Query } from './connections.ts';
import { ownerOf, type Row, SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';

/** A page looks at no more entries than this, whether they match or not. */
const LOOKED_AT = 1_000;

/** What only reads needs no transaction. The time is the database's where none is given. */
export async function readEntry(query: Query, id: string, nowMs: number | undefined): Promise<Entry | undefined> {
  const [row] = await query<Row>(SQL.entry, [toSql(id), nowMs]);
  return row && toEntry(row);
}

export async function readPayloads(
  query: Query,
  ids: readonly string[],
  nowMs: number | undefined,
): Promise<(Payload | undefined)[]> {
  type Found = { id: string; head: Uint8Array | null; body: Uint8Array | null; too_many: number | null };
  const rows = await query<Found>(SQL.payloads, [ids.map((id) => toSql(id)), nowMs, MAX_PAYLOADS_BYTES]);
  const tooMany = rows[0]?.too_many ?? undefined;
  if (tooMany !== undefined) throw tooManyPayloads(tooMany);
  const found = new Map(rows.map(({ id, head, body }) => [fromSql(id), head && body ? { head, body } : undefined]));
  return ids.map((id) => found.get(id));
}

export async function readResult(query: Query, id: string, nowMs: number | undefined): Promise<Uint8Array | undefined> {
  return (await query<{ result: Uint8Array }>(SQL.result, [toSql(id), nowMs]))[0]?.result;
}

export async function readTotals(query: Query): Promise<Totals> {
  return (await query<Totals>(SQL.totals, []))[0] as Totals;
}

export async function readUnaccounted(query: Query): Promise<number> {
  return (await query<{ unaccounted: number }>(SQL.unaccounted, []))[0]?.unaccounted ?? 0;
}

interface Listed {
  filter: ListFilter;
  cursor?: string | undefined;
  limit: number;
  nowMs: number | undefined;
}

/** The entries that match from the cursor on, function by function. */
export async function readPage(query: Query, functions: readonly FunctionCounts[], listed: Listed): Promise<Page> {
  const { filter, limit } = listed;
  const from = listed.cursor === undefined ? undefined : readCursor(listed.cursor);
  const wanted = functions.filter((one) => one.owner.uid >= (from?.uid ?? '') && isWanted(one, filter));
  const uids = wanted.map(({ owner }) => owner.uid);
  // The place in the cursor is one of its own function, which may have none that match any more.
  const before = from !== undefined && uids[0] === from.uid ? from.seq : Number.MAX_SAFE_INTEGER;
  const rows = await query<Row>(SQL.list, [uids.map((uid) => toSql(uid)), listed.nowMs, before, LOOKED_AT]);
  const entries: Entry[] = [];
  for (const [at, row] of rows.entries()) {
    if (filter.state === undefined || stateOf(row.state) === filter.state) entries.push(toEntry(row));
    const isLast = at === rows.length - 1 && rows.length < LOOKED_AT;
    if ((entries.length === limit && !isLast) || at === LOOKED_AT - 1)
      return { entries, cursor: writeCursor({ uid: fromSql(row.uid), seq: row.seq }) };
  }
  return { entries, cursor: undefined };
}

function isWanted(counts: FunctionCounts, { namespace, uid, state }: ListFilter): boolean {
  if (namespace !== undefined && counts.owner.namespace !== namespace) return false;
  if (uid !== undefined && counts.owner.uid !== uid) return false;
  return state === undefined || counts[state] > 0;
}

function toEntry(row: Row): Entry {
  return {
    id: fromSql(row.id),
    owner: ownerOf(row),
    state: stateOf(row.state),
    attempts: row.attempts,
    orderingKey: fromSql(row.ordering_key),
    enqueuedAtMs: row.enqueued_at,
    dueAtMs: row.due_at ?? undefined,
    expiresAtMs: row.expires_at ?? undefined,
    bytes: row.bytes,
    note: fromSql(row.note),
  };
}
