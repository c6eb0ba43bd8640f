import type { EntryHead } from '#api/invocations.ts';
import type { Frame } from '#api/rules/frame.ts';
import type { NewEntry } from '../store/store.ts';

/** Only gateways send entries; yet one entry that is none, of whatever version of a gateway, must not harm those beside it. */

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UID = /^[\w.:-]{1,128}$/;
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const DIGEST = /^[\x21-\x7e]{1,256}$/;
/** All that a gateway takes of a request's line and fields is less. */
const MAX_HEAD_BYTES = 256 * 1_024;
/** The largest that `spec.async.maxBodyBytes` may be. */
const MAX_BODY_BYTES = 8 * 1_048_576;
/** Gateways allow 30 days; a day for clocks that differ. */
const MAX_AHEAD_MS = 31 * 86_400_000;

/** The entry, or what is wrong with it. @param nowMs since 1970 */
export function checkEntry({ json, first, second }: Frame<unknown>, nowMs: number): NewEntry | string {
  if (typeof json !== 'object' || json === null) return 'it has no head';
  const head = json as Partial<Record<keyof EntryHead, unknown>>;
  const mistake = wrongText(head) ?? wrongDedup(head.dedup) ?? wrongTime(head.notBeforeMs, nowMs);
  if (mistake !== undefined) return mistake;
  if (first.length === 0 || first.length > MAX_HEAD_BYTES) return `its request has ${first.length} bytes`;
  if (second.length > MAX_BODY_BYTES) return `its body has ${second.length} bytes`;
  const { id, uid, namespace, name, dedup, notBeforeMs } = head as EntryHead;
  return {
    id,
    owner: { uid, namespace, name },
    dedup: dedup && { key: dedup.key, fingerprint: dedup.fingerprint },
    notBeforeMs,
    head: first,
    body: second,
  };
}

function wrongText(head: Partial<Record<keyof EntryHead, unknown>>): string | undefined {
  const forms = { id: ID, uid: UID, namespace: NAMESPACE, name: NAME } as const;
  for (const [field, form] of Object.entries(forms) as [keyof typeof forms, RegExp][]) {
    const value = head[field];
    if (typeof value !== 'string' || !form.test(value)) return `its ${field} is none`;
  }
  return undefined;
}

function wrongDedup(dedup: unknown): string | undefined {
  if (dedup === undefined) return undefined;
  const { key, fingerprint } = (dedup ?? {}) as Record<string, unknown>;
  const isDigest = (value: unknown) => typeof value === 'string' && DIGEST.test(value);
  return isDigest(key) && isDigest(fingerprint) ? undefined : 'its dedup is none';
}

function wrongTime(ms: unknown, nowMs: number): string | undefined {
  if (ms === undefined) return undefined;
  const isTime = Number.isSafeInteger(ms) && (ms as number) >= 0 && (ms as number) <= nowMs + MAX_AHEAD_MS;
  return isTime ? undefined : 'its notBeforeMs is no time within 31 days';
}
