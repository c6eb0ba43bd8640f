import { followUpsOf, MAX_BATCH } from '../check-input.ts';
import { isRefused, STATES, stateOf } from '../states.ts';
import type { EnqueueResult, NewEntry, Settled, Settlement } from '../store.ts';
import { enqueue } from './enqueue.ts';
import { Pieces } from './pieces.ts';
import { release, remove } from './removal.ts';
import { contentOf, ownerOf, type Row, SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';
import type { Transaction } from './transaction.ts';
import { trim } from './trim.ts';

interface Ending {
  row: Row;
  state: 'done' | 'buried' | 'cancelled';
  result?: Uint8Array | undefined;
  note: string | null;
  keepMs?: number | undefined;
}

interface Again {
  row: Row;
  notBeforeMs: number;
  counts: boolean;
  note: string | null;
}

/** Of those kept, as many are looked at first. */
const LOOKED_AT = 100;

export async function settle(tx: Transaction, batch: readonly Settlement[], nowMs: number): Promise<Settled[]> {
  const held = await settleHeld(tx, batch, nowMs);
  const followUps = batch.flatMap((settlement, at) => (held[at] === true ? followUpsOf(settlement) : []));
  const results = followUps.length > 0 ? await enqueueAll(tx, followUps, nowMs) : [];
  return batch.map((settlement, at) => {
    if (held[at] !== true) return { holds: false, dropped: 0 };
    const own = results.splice(0, followUpsOf(settlement).length);
    return { holds: true, dropped: own.filter(isRefused).length };
  });
}

async function enqueueAll(tx: Transaction, entries: readonly NewEntry[], nowMs: number): Promise<EnqueueResult[]> {
  const results: EnqueueResult[] = [];
  for (let at = 0; at < entries.length; at += MAX_BATCH)
    results.push(...(await enqueue(tx, entries.slice(at, at + MAX_BATCH), nowMs)));
  return results;
}

async function settleHeld(tx: Transaction, batch: readonly Settlement[], nowMs: number): Promise<boolean[]> {
  const asked = [batch.map(({ id }) => toSql(id)), batch.map(({ epoch }) => epoch)];
  const held = new Map((await tx.query<Row>(SQL.held, asked)).map((row) => [fromSql(row.id), row]));
  const again: Again[] = [];
  const ending: Ending[] = [];
  const answers = batch.map((settlement) => {
    const row = held.get(settlement.id);
    if (row === undefined || row.epoch !== settlement.epoch) return false;
    held.delete(settlement.id);
    const note = toSql(settlement.note);
    if (settlement.outcome === 'again') {
      const { notBeforeMs, counts } = settlement;
      again.push({ row, notBeforeMs, counts, note });
    } else ending.push({ row, state: settlement.outcome, result: settlement.result, note, keepMs: settlement.keepMs });
    return true;
  });
  await waitAgain(tx, again);
  await end(tx, ending, nowMs);
  return answers;
}

export async function cancel(tx: Transaction, ids: readonly string[], nowMs: number): Promise<boolean[]> {
  const rows = await tx.query<Row>(SQL.byId, [ids.map((id) => toSql(id))]);
  const open = new Map(rows.flatMap((row) => (row.expires_at === null ? [[fromSql(row.id), row]] : [])));
  const ending: Ending[] = [];
  const answers = ids.map((id) => {
    const row = open.get(id);
    if (row !== undefined) ending.push({ row, state: 'cancelled', note: row.note });
    return open.delete(id);
  });
  await end(tx, ending, nowMs);
  return answers;
}

async function waitAgain(tx: Transaction, again: readonly Again[]): Promise<void> {
  if (again.length === 0) return;
  await tx.query(SQL.again, [
    again.map(({ row }) => row.seq),
    again.map(({ notBeforeMs }) => notBeforeMs),
    again.map(({ note }) => note),
    again.map(({ counts }) => (counts ? 0 : 1)),
  ]);
  for (const { row } of again) {
    const { bytes } = row;
    tx.counts.move(ownerOf(row), { from: { state: 'leased', bytes }, to: { state: 'waiting', bytes } });
  }
}

/** Ends open entries in their order: the next of their ordering keys are due, and the oldest ended ones go if there are too many. */
async function end(tx: Transaction, ending: readonly Ending[], nowMs: number): Promise<void> {
  if (ending.length === 0) return;
  const ended = ending.map((one) => endedRow(tx, one, nowMs));
  await Promise.all([writeEnded(tx, ending, ended), tx.learn(ending.map(({ row }) => ownerOf(row)))]);
  await release(
    tx,
    ending.map(({ row }) => row),
  );
  // What is kept is counted without those that end now: how many of these are kept is found out for one after the other.
  const parts = Map.groupBy(ended, ({ uid, state }) => `${state === BURIED} ${uid}`);
  const goes: Row[] = [];
  for (const part of parts.values()) goes.push(...(await trimmed(tx, part)));
  for (const [at, { row, state }] of ending.entries()) {
    const to = { state, bytes: ended[at]?.bytes ?? 0 };
    tx.counts.move(ownerOf(row), { from: { state: stateOf(row.state), bytes: row.bytes }, to });
  }
  await remove(tx, goes);
}

const BURIED = STATES.indexOf('buried');

function endedRow(tx: Transaction, { row, state, result, note, keepMs }: Ending, nowMs: number): Row {
  const isBuried = state === 'buried';
  const bytes = (isBuried ? row.bytes : 0) + (result?.byteLength ?? 0);
  const { ageMs } = isBuried ? tx.limits.buried : tx.limits.results;
  const expiresMs = nowMs + (keepMs ?? ageMs);
  tx.nextExpiryMs = Math.min(tx.nextExpiryMs, expiresMs);
  return { ...row, state: STATES.indexOf(state), bytes, expires_at: expiresMs, due_at: null, note };
}

async function writeEnded(tx: Transaction, ending: readonly Ending[], ended: readonly Row[]): Promise<void> {
  const pieces = new Pieces();
  const starts = ending.map(({ result }) => (result === undefined ? 0 : pieces.add(result)));
  await tx.query(SQL.end, [
    ended.map(({ seq }) => seq),
    ended.map(contentOf),
    ended.map(({ state }) => state),
    ended.map(({ bytes }) => bytes),
    ended.map(({ expires_at }) => expires_at),
    ended.map(({ note }) => note),
    starts,
    ending.map(({ result }) => result?.byteLength ?? null),
    pieces.all(),
  ]);
}

/** Those of one function, buried or not, that are too many as these end. */
async function trimmed(tx: Transaction, ending: readonly Row[]): Promise<Row[]> {
  const [{ uid, state }] = ending as [Row];
  const isBuried = state === BURIED;
  const { done, cancelled, keptBytes, buried, buriedBytes } = tx.counts.of(fromSql(uid));
  const limits = isBuried ? tx.limits.buried : tx.limits.results;
  const kept = isBuried ? { entries: buried, bytes: buriedBytes } : { entries: done + cancelled, bytes: keptBytes };
  const own = new Set(ending.map(({ seq }) => seq));
  // Where none has to go, none has to be looked at.
  let goes = trim<Row>({ kept, limits, oldest: [], areAll: false, ending });
  for (let looked = LOOKED_AT; goes === undefined; looked *= 4) {
    const rows = await tx.query<Row>(SQL.oldestEnded, [uid, isBuried, looked + ending.length]);
    const others = rows.filter(({ seq }) => !own.has(seq));
    goes = trim({ kept, limits, oldest: others, areAll: rows.length < looked + ending.length, ending });
  }
  return goes;
}
