import { stateOf } from '../states.ts';
import { type EnqueueResult, type NewEntry, StoreError } from '../store.ts';
import { type Admitted, admit, type Known, keyOf } from './admission.ts';
import { Pieces } from './pieces.ts';
import { SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';
import type { Transaction } from './transaction.ts';

/** How often an entry may be found to have been accepted by another dispatcher at the same moment. */
const MAX_ROUNDS = 5;

/**
 * Bounds of functions and namespaces hold within a dispatcher; another one may pass them by what it accepts at the same moment.
 */
export async function enqueue(tx: Transaction, batch: readonly NewEntry[], nowMs: number): Promise<EnqueueResult[]> {
  const results = new Map<NewEntry, EnqueueResult>();
  let open = batch;
  for (let round = 0; open.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw new StoreError('Busy', 'others accept the same entries: try again later');
    const admitted = await decide(tx, open, nowMs);
    const wanted = admitted.filter(({ result }) => result.outcome === 'accepted');
    const inserted = wanted.length > 0 ? await insert(tx, wanted, nowMs) : new Set<string>();
    const isRace = inserted.size < wanted.length;
    for (const { entry, result } of admitted) {
      const isAccepted = result.outcome === 'accepted' && inserted.has(entry.id);
      // Where one was not accepted after all, those behind it may have been judged by it.
      if (isAccepted || !isRace) results.set(entry, result);
    }
    open = open.filter((entry) => !results.has(entry));
  }
  return batch.map((entry) => results.get(entry) as EnqueueResult);
}

async function decide(tx: Transaction, batch: readonly NewEntry[], nowMs: number): Promise<Admitted[]> {
  const ordered = batch.filter(({ orderingKey }) => orderingKey !== undefined);
  const keys = ordered.map(({ owner, orderingKey = '' }) => ({ uid: owner.uid, key: orderingKey }));
  const owners = batch.map(({ owner }) => owner);
  const [, openKeys, known] = await Promise.all([
    lockKeys(tx, keys),
    openOf(tx, keys),
    knownOf(tx, batch),
    tx.learn(owners),
    tx.learnNamespaces(owners),
  ]);
  return admit(batch, {
    nowMs,
    limits: tx.limits,
    known,
    openKeys,
    ofFunction: (uid) => {
      const { waiting, leased, openBytes } = tx.counts.of(uid);
      return { entries: waiting + leased, bytes: openBytes };
    },
    ofNamespace: (namespace) => tx.counts.openIn(namespace),
  });
}

/** Entries of one key are looked at and changed by one transaction at a time. */
export async function lockKeys(tx: Transaction, keys: readonly { uid: string; key: string }[]): Promise<void> {
  if (keys.length > 0) await tx.query(SQL.lockKeys, [keys.map(({ uid, key }) => toSql(keyOf(uid, key)))]);
}

/** Those of which an entry is open. */
export async function openOf(tx: Transaction, keys: readonly { uid: string; key: string }[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const texts = [keys.map(({ uid }) => toSql(uid)), keys.map(({ key }) => toSql(key))];
  const rows = await tx.query<{ n: number }>(SQL.heads, texts);
  return new Set(rows.flatMap(({ n }) => keys.slice(n - 1, n).map(({ uid, key }) => keyOf(uid, key))));
}

async function knownOf(tx: Transaction, batch: readonly NewEntry[]): Promise<Known[]> {
  const dedups = batch.flatMap(({ owner, dedup }) => (dedup ? [{ uid: owner.uid, key: dedup.key }] : []));
  type Row = { id: string; uid: string; state: number; dedup_key: string | null; fingerprint: string | null };
  const rows = await tx.query<Row>(SQL.known, [
    batch.map(({ id }) => toSql(id)),
    dedups.map(({ uid }) => toSql(uid)),
    dedups.map(({ key }) => toSql(key)),
  ]);
  return rows.map((row) => ({
    id: fromSql(row.id),
    uid: fromSql(row.uid),
    state: stateOf(row.state),
    dedup:
      row.dedup_key === null ? undefined : { key: fromSql(row.dedup_key), fingerprint: fromSql(row.fingerprint ?? '') },
  }));
}

/** Returns the ids of those that were not there before. */
async function insert(tx: Transaction, admitted: readonly Admitted[], nowMs: number): Promise<Set<string>> {
  const entries = admitted.map(({ entry }) => entry);
  const texts = (of: (entry: NewEntry) => string | undefined) => entries.map((entry) => toSql(of(entry)));
  const pieces = new Pieces();
  const starts = entries.map(({ head, body }) => pieces.add(head, body));
  const rows = await tx.query<{ id: string }>(SQL.insert, [
    texts(({ id }) => id),
    texts(({ owner }) => owner.uid),
    texts(({ owner }) => owner.namespace),
    texts(({ owner }) => owner.name),
    texts(({ orderingKey }) => orderingKey),
    texts(({ dedup }) => dedup?.key),
    texts(({ dedup }) => dedup?.fingerprint),
    admitted.map(({ notBeforeMs }) => notBeforeMs),
    admitted.map(({ dueMs }) => dueMs),
    starts,
    entries.map(({ head }) => head.byteLength),
    entries.map(({ body }) => body.byteLength),
    nowMs,
    pieces.all(),
  ]);
  const inserted = new Set(rows.map(({ id }) => fromSql(id)));
  for (const { id, owner, head, body } of entries)
    if (inserted.has(id)) tx.counts.accept(owner, head.byteLength + body.byteLength);
  return inserted;
}
