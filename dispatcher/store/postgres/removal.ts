import { isOpen, stateOf } from '../states.ts';
import { keyOf } from './admission.ts';
import { lockKeys } from './enqueue.ts';
import { contentOf, ownerOf, type Row, SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';
import type { Transaction } from './transaction.ts';

/** Each operation forgets at most so many, so that none takes long; what is left is forgotten by the next. */
const FORGOTTEN_AT_ONCE = 1_000;
const REMOVED_AT_ONCE = 1_000;
/** Functions without entries of which the counts are folded at once. */
const FOLDED_AT_ONCE = 100;

export async function forget(tx: Transaction, ids: readonly string[]): Promise<boolean[]> {
  const rows = await tx.query<Row>(SQL.byId, [ids.map((id) => toSql(id))]);
  const ended = new Map(rows.flatMap((row) => (row.expires_at === null ? [] : [[fromSql(row.id), row]])));
  await remove(tx, [...ended.values()]);
  return ids.map((id) => ended.delete(id));
}

export async function removeByOwner(tx: Transaction, uid: string): Promise<{ removed: number; more: boolean }> {
  const rows = await tx.query<Row>(SQL.newest, [toSql(uid), REMOVED_AT_ONCE + 1]);
  const removed = rows.slice(0, REMOVED_AT_ONCE);
  await remove(tx, removed);
  await release(
    tx,
    removed.filter(({ state }) => isOpen(stateOf(state))),
  );
  return { removed: removed.length, more: rows.length > removed.length };
}

export async function forgetExpired(tx: Transaction, nowMs: number): Promise<void> {
  if (tx.nextExpiryMs > nowMs) return;
  await remove(tx, await tx.query<Row>(SQL.expired, [nowMs, FORGOTTEN_AT_ONCE]));
  const [next] = await tx.query<{ expires_at: number }>(SQL.nextExpiry, []);
  tx.nextExpiryMs = next?.expires_at ?? Number.POSITIVE_INFINITY;
}

/** Removes entries with all that belongs to them; open ones count as cancelled. */
export async function remove(tx: Transaction, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(SQL.remove, [rows.map(({ seq }) => seq), rows.map(contentOf)]);
  for (const row of rows) tx.counts.move(ownerOf(row), { from: { state: stateOf(row.state), bytes: row.bytes } });
}

/** After these were open and are no more: the first open entries of their ordering keys become due, unless they are. */
export async function release(tx: Transaction, rows: readonly Row[]): Promise<void> {
  const keys = new Map(
    rows.flatMap(({ uid, ordering_key }) => {
      if (ordering_key === null) return [];
      const key = { uid: fromSql(uid), key: fromSql(ordering_key) };
      return [[keyOf(key.uid, key.key), key]];
    }),
  );
  if (keys.size === 0) return;
  const all = [...keys.values()];
  await lockKeys(tx, all);
  await tx.query(SQL.release, [all.map(({ uid }) => toSql(uid)), all.map(({ key }) => toSql(key))]);
}

/** Counts that came to nothing take no room: those of functions that had entries once. */
export async function foldCounts(tx: Transaction, emptyUids: readonly string[]): Promise<void> {
  if (emptyUids.length === 0) return;
  await tx.query(SQL.foldFunctions, [emptyUids.slice(0, FOLDED_AT_ONCE).map((uid) => toSql(uid))]);
  await tx.query(SQL.foldNamespaces, []);
}
