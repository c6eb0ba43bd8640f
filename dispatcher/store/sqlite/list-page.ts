import { readCursor, writeCursor } from '../list-cursor.ts';
import { STATES } from '../states.ts';
import type { Entry, ListFilter, Page } from '../store.ts';
import type { LedgerFunction } from './ledger.ts';
import type { Row } from './statements.ts';

/** A page looks at no more entries than this, whether they match or not. */
const LOOKED_AT = 1_000;
/** Before it stand all entries. */
export const NEWEST = Number.MAX_SAFE_INTEGER;

interface PageQuery {
  filter: ListFilter;
  cursor?: string | undefined;
  limit: number;
  /** The entries of a function that were accepted before this one, the newest first. */
  rowsBefore(f: LedgerFunction, seq: number): Iterable<Row>;
}

/** The entries that match from the cursor on, function by function. */
export function listPage(functions: readonly LedgerFunction[], query: PageQuery): Page {
  const from = query.cursor === undefined ? { uid: '', seq: NEWEST } : readCursor(query.cursor);
  const entries: Entry[] = [];
  let left = LOOKED_AT;
  for (const f of functions.filter((one) => one.owner.uid >= from.uid && isWanted(one, query.filter))) {
    const { uid } = f.owner;
    for (const row of query.rowsBefore(f, uid === from.uid ? from.seq : NEWEST)) {
      if (isInState(row, query.filter)) entries.push(toEntry(row, f));
      left -= 1;
      if (left === 0 || entries.length === query.limit) return { entries, cursor: writeCursor({ uid, seq: row.seq }) };
    }
  }
  return { entries, cursor: undefined };
}

export function toEntry(row: Row, { owner }: LedgerFunction): Entry {
  return {
    id: row.id,
    owner: { ...owner },
    state: STATES[row.state] as Entry['state'],
    attempts: row.attempts,
    orderingKey: row.ordering_key ?? undefined,
    enqueuedAtMs: row.enqueued_at,
    dueAtMs: row.due_at ?? undefined,
    expiresAtMs: row.expires_at ?? undefined,
    bytes: row.bytes,
    note: row.note ?? undefined,
  };
}

/** A function without any in the state asked for is passed over by its counts. */
function isWanted(f: LedgerFunction, { namespace, uid, state }: ListFilter): boolean {
  if (namespace !== undefined && f.owner.namespace !== namespace) return false;
  if (uid !== undefined && f.owner.uid !== uid) return false;
  return state === undefined || f[state] > 0;
}

function isInState(row: Row, { state }: ListFilter): boolean {
  return state === undefined || STATES[row.state] === state;
}
