import { MAX_BATCH } from '../check-input.ts';
import { stateOf } from '../states.ts';
import type { Lease, LeasedEntry, LeaseResult } from '../store.ts';
import { ownerOf, type Row, SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';
import type { Transaction } from './transaction.ts';

type LeasedRow = Row & { owner: number; was: number };

interface Wanted {
  room: ReadonlyMap<string, number>;
  leaseMs: number;
}

export async function lease(tx: Transaction, { room, leaseMs }: Wanted, nowMs: number): Promise<LeaseResult> {
  const uids = [...room.keys()];
  const texts = uids.map((uid) => toSql(uid));
  const places = uids.map((uid) => Math.min(room.get(uid) ?? 0, MAX_BATCH));
  const [given, dues] = await Promise.all([
    tx.query<LeasedRow>(SQL.lease, [texts, places, nowMs, nowMs + leaseMs, MAX_BATCH]),
    tx.query<{ n: number; due_at: number }>(SQL.nextDue, [texts]),
  ]);
  const rows = given.toSorted((a, b) => a.epoch - b.epoch);
  for (const row of rows) {
    const from = { state: stateOf(row.was), bytes: row.bytes };
    if (from.state === 'waiting') tx.counts.move(ownerOf(row), { from, to: { state: 'leased', bytes: row.bytes } });
  }
  const numbers = Map.groupBy(rows, ({ owner }) => owner);
  const withRoom = dues.filter(({ n }) => (numbers.get(n)?.length ?? 0) < (room.get(uids[n - 1] ?? '') ?? 0));
  const nextDueMs = withRoom.length > 0 ? Math.min(...withRoom.map(({ due_at }) => due_at)) : undefined;
  return { entries: rows.map(leased), nextDueMs };
}

export async function extend(
  tx: Transaction,
  { leases, leaseMs }: { leases: readonly Lease[]; leaseMs: number },
  nowMs: number,
): Promise<boolean[]> {
  const asked = [leases.map(({ id }) => toSql(id)), leases.map(({ epoch }) => epoch), nowMs + leaseMs];
  const rows = await tx.query<{ id: string; epoch: number }>(SQL.extend, asked);
  const held = new Map(rows.map(({ id, epoch }) => [fromSql(id), epoch]));
  return leases.map(({ id, epoch }) => held.get(id) === epoch);
}

function leased(row: LeasedRow): LeasedEntry {
  return {
    id: fromSql(row.id),
    epoch: row.epoch,
    uid: fromSql(row.uid),
    attempt: row.attempts,
    enqueuedAtMs: row.enqueued_at,
    ageFromMs: row.age_from,
    orderingKey: fromSql(row.ordering_key),
    bytes: row.bytes,
  };
}
