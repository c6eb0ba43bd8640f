import { MAX_BATCH } from '../check-input.ts';
import type { Cursors } from '../store.ts';
import type { Query } from './connections.ts';
import { SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';
import type { Transaction } from './transaction.ts';

/** Those without a value are removed. */
export async function writeCursors(tx: Transaction, cursors: Cursors): Promise<void> {
  const keys = [...cursors.keys()].map((key) => toSql(key));
  const values = [...cursors.values()].map((value) => toSql(value) ?? null);
  await tx.query(SQL.setCursors, [keys, values]);
}

/** At most a batch of them, by key. */
export async function readCursors(query: Query, prefix: string, after = ''): Promise<[key: string, value: string][]> {
  const rows = await query<{ key: string; value: string }>(SQL.cursors, [toSql(after), toSql(prefix), MAX_BATCH]);
  return rows.map(({ key, value }) => [fromSql(key), fromSql(value)]);
}
