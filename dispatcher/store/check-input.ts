import type { Cursors, NewEntry, Settlement } from './store.ts';

/** Entries in one call. */
export const MAX_BATCH = 1_000;
const MAX_TEXT = 1_024;
/** Of a cursor's value, in characters. */
const MAX_CURSOR = 16_384;
/** Characters that each database keeps and orders as the others do. */
const CURSOR_KEY = /^[\x21-\x5b\x5d-\x7e]*$/;
const MAX_LEASE_MS = 24 * 3_600_000;
/** The most of an answer's body that a Function may ask to be kept, and what is kept beside it. */
const MAX_RESULT_BYTES = 1_048_576 + 65_536;
const MAX_KEEP_MS = 366 * 24 * 3_600_000;
const MAX_FOLLOW_UPS = 8;
export const MAX_PAYLOADS_BYTES = 16 * 1_048_576;

/** Throws a RangeError for what no caller may ask: it is the caller that has to bound what comes from outside. */
export function checkBatch(batch: readonly unknown[]): void {
  if (batch.length > MAX_BATCH)
    throw new RangeError(`a batch has at most ${MAX_BATCH} entries, this one ${batch.length}`);
}

export function checkNewEntry({ id, owner, orderingKey, dedup, notBeforeMs = 0 }: NewEntry): void {
  checkTexts({ id, uid: owner.uid, namespace: owner.namespace, name: owner.name, 'ordering key': orderingKey });
  checkTexts({ 'dedup key': dedup?.key, fingerprint: dedup?.fingerprint });
  checkTime(notBeforeMs);
}

export function checkSettlement(settlement: Settlement): void {
  checkTexts({ note: settlement.note });
  if (settlement.outcome === 'again') checkTime(settlement.notBeforeMs);
  else checkWhole('milliseconds that it is kept', settlement.keepMs ?? 0, MAX_KEEP_MS);
  const bytes = resultOf(settlement)?.byteLength ?? 0;
  if (bytes > MAX_RESULT_BYTES)
    throw new RangeError(`a result has at most ${MAX_RESULT_BYTES} bytes, this one ${bytes}`);
  const followUps = followUpsOf(settlement);
  if (followUps.length > MAX_FOLLOW_UPS) throw new RangeError(`at most ${MAX_FOLLOW_UPS} entries follow one that ends`);
  for (const entry of followUps) checkNewEntry(entry);
}

export function followUpsOf(settlement: Settlement): readonly NewEntry[] {
  return settlement.outcome === 'again' ? [] : (settlement.followUps ?? []);
}

/** What a settlement brings: its result, and the payloads of what follows. */
export function settlementBytes(settlement: Settlement): number {
  const followUps = followUpsOf(settlement).map(({ head, body }) => head.byteLength + body.byteLength);
  return followUps.reduce((sum, one) => sum + one, resultOf(settlement)?.byteLength ?? 0);
}

export function resultOf(settlement: Settlement): Uint8Array | undefined {
  return settlement.outcome === 'again' ? undefined : settlement.result;
}

export function checkCursors(cursors: Cursors): void {
  if (cursors.size > MAX_BATCH) throw new RangeError(`at most ${MAX_BATCH} cursors, not ${cursors.size}`);
  for (const [key, value] of cursors) {
    checkCursorKeys(key);
    checkTexts({ [`cursor ${key}`]: value }, MAX_CURSOR);
  }
}

export function checkCursorKeys(...keys: (string | undefined)[]): void {
  checkTexts(Object.fromEntries(keys.map((key, at) => [`key of a cursor (${at})`, key])));
  const odd = keys.find((key = '') => !CURSOR_KEY.test(key));
  if (odd !== undefined) throw new RangeError(`key of a cursor: visible ASCII characters without "\\", not ${odd}`);
}

function checkTexts(texts: Readonly<Record<string, string | undefined>>, most = MAX_TEXT): void {
  for (const [what, text = ''] of Object.entries(texts)) {
    if (text.length > most) throw new RangeError(`${what}: at most ${most} characters, not ${text.length}`);
    // Stored as UTF-8, in which half of a surrogate pair would be the same as any other half.
    if (!text.isWellFormed()) throw new RangeError(`${what}: not well-formed Unicode`);
  }
}

export function checkLease(room: ReadonlyMap<string, number>, leaseMs: number): void {
  for (const [uid, places] of room) checkWhole(`room of ${uid}`, places);
  checkLeaseMs(leaseMs);
}

export function checkLeaseMs(leaseMs: number): void {
  checkWhole('milliseconds of a lease', leaseMs, MAX_LEASE_MS);
}

export function checkPage({ limit }: { limit: number }): void {
  if (limit === 0) throw new RangeError('limit: at least 1');
  checkWhole('limit', limit, MAX_BATCH);
}

/** @param bytes of each payload that is to be read at once */
export function checkPayloadBytes(bytes: readonly number[]): void {
  const all = bytes.reduce((sum, one) => sum + one, 0);
  if (bytes.length > 1 && all > MAX_PAYLOADS_BYTES) throw tooManyPayloads(all);
}

export function tooManyPayloads(bytes: number): RangeError {
  return new RangeError(`several payloads have at most ${MAX_PAYLOADS_BYTES} bytes, these ${bytes}: ask for fewer`);
}

function checkTime(ms: number): void {
  checkWhole('time in milliseconds', ms);
}

function checkWhole(what: string, number: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(number) || number < 0 || number > most)
    throw new RangeError(`${what}: a whole number from 0 to ${most}, not ${number}`);
}
