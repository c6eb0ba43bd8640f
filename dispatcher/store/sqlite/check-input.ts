import type { NewEntry, Settlement } from '../store.ts';

/** Entries in one call. */
export const MAX_BATCH = 1_000;
const MAX_TEXT = 1_024;
const MAX_RESULT_BYTES = 256 * 1_024;

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
  const bytes = resultOf(settlement)?.byteLength ?? 0;
  if (bytes > MAX_RESULT_BYTES)
    throw new RangeError(`a result has at most ${MAX_RESULT_BYTES} bytes, this one ${bytes}`);
}

export function resultOf(settlement: Settlement): Uint8Array | undefined {
  return settlement.outcome === 'again' ? undefined : settlement.result;
}

function checkTexts(texts: Readonly<Record<string, string | undefined>>): void {
  for (const [what, text = ''] of Object.entries(texts)) {
    if (text.length > MAX_TEXT) throw new RangeError(`${what}: at most ${MAX_TEXT} characters, not ${text.length}`);
    // Stored as UTF-8, in which half of a surrogate pair would be the same as any other half.
    if (!text.isWellFormed()) throw new RangeError(`${what}: not well-formed Unicode`);
  }
}

function checkTime(ms: number): void {
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`not a time in whole milliseconds: ${ms}`);
}
