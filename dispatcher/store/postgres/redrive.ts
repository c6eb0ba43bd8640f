import { stateOf } from '../states.ts';
import { keyOf } from './admission.ts';
import { lockKeys, openOf } from './enqueue.ts';
import { contentOf, ownerOf, type Row, SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';
import type { Transaction } from './transaction.ts';

/** Buried entries wait again, as the last of their ordering keys. */
export async function redrive(tx: Transaction, ids: readonly string[], nowMs: number): Promise<boolean[]> {
  const rows = await tx.query<Row>(SQL.byId, [ids.map((id) => toSql(id))]);
  const buried = new Map(rows.flatMap((row) => (stateOf(row.state) === 'buried' ? [[fromSql(row.id), row]] : [])));
  const wanted: Row[] = [];
  const answers = ids.map((id) => {
    const row = buried.get(id);
    if (row !== undefined) wanted.push(row);
    return buried.delete(id);
  });
  if (wanted.length > 0) await waitAnew(tx, wanted, nowMs);
  return answers;
}

async function waitAnew(tx: Transaction, rows: readonly Row[], nowMs: number): Promise<void> {
  const results = await resultBytes(tx, rows);
  const bytes = rows.map((row) => row.bytes - (results.get(contentOf(row)) ?? 0));
  const dues = await firstDues(tx, rows, nowMs);
  await tx.query(SQL.redrive, [rows.map(({ seq }) => seq), rows.map(contentOf), bytes, dues, nowMs]);
  for (const [at, row] of rows.entries()) tx.counts.redrive(ownerOf(row), { from: row.bytes, to: bytes[at] ?? 0 });
}

async function resultBytes(tx: Transaction, rows: readonly Row[]): Promise<Map<number, number>> {
  const found = await tx.query<{ content: number; bytes: number }>(SQL.resultBytes, [rows.map(contentOf)]);
  return new Map(found.map(({ content, bytes }) => [content, bytes]));
}

/** Null for one that comes behind another. */
async function firstDues(tx: Transaction, rows: readonly Row[], nowMs: number): Promise<(number | null)[]> {
  const ordered = rows.flatMap(({ uid, ordering_key }) =>
    ordering_key === null ? [] : [{ uid: fromSql(uid), key: fromSql(ordering_key) }],
  );
  await lockKeys(tx, ordered);
  const open = await openOf(tx, ordered);
  return rows.map(({ uid, ordering_key }) => {
    if (ordering_key === null) return nowMs;
    const key = keyOf(fromSql(uid), fromSql(ordering_key));
    if (open.has(key)) return null;
    open.add(key);
    return nowMs;
  });
}
