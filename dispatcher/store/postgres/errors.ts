import { StoreError } from '../store.ts';

/** By SQLSTATE; a class has two characters. The database took the transaction back, and it may well succeed the next time. */
const TAKEN_BACK = ['40001', '40P01'];
const DISK_FULL = '53100';
/** It waited for a lock or the disk for too long. */
const TOO_SLOW = ['55P03', '57014'];
/** It does not let in who asks, or there is nothing to be let into. */
const REFUSED = ['28', '3D', '42501', '3F'];
/** A connection that failed; a server that ends, starts, or only follows another one; no more connections or memory. */
const UNREACHABLE = ['08', '57P', '25006', '25P03', '53'];

/** Whether the same transaction is to be tried again, for it did nothing. */
export function isTakenBack(error: unknown): boolean {
  return TAKEN_BACK.includes(stateOf(error) ?? '');
}

/** Whether the connection is of no use any more, or that is not known: only what the database itself says leaves it whole. */
export function isLost(error: unknown): boolean {
  const state = stateOf(error);
  if (state === undefined) return !(error instanceof StoreError || error instanceof RangeError);
  return UNREACHABLE.some((one) => state.startsWith(one)) && state !== DISK_FULL;
}

/** What PostgreSQL or the way to it says, as an error of a store that says what to do. */
export function inWords(error: unknown): Error {
  if (error instanceof StoreError || error instanceof RangeError) return error;
  const message = messageOf(error);
  const told = (code: StoreError['code'], text: string) => new StoreError(code, text, { cause: error });
  const state = stateOf(error);
  if (state === undefined && error instanceof TypeError) return told('Failed', message);
  if (state === DISK_FULL) return told('DiskFull', 'the disk of the database is full');
  if (state === undefined || UNREACHABLE.some((one) => state.startsWith(one)))
    return told('Unreachable', `the database cannot be reached (${message}): try again later`);
  if (TAKEN_BACK.includes(state) || TOO_SLOW.includes(state))
    return told('Busy', `the database is too slow (${message}): try again later`);
  if (REFUSED.some((one) => state.startsWith(one)))
    return told('Unusable', `the database refuses (${message}): its URL and the rights of its user have to be mended`);
  return told('Failed', `the database: ${message}`);
}

function messageOf(error: unknown): string {
  // Of a host with several addresses, each of which refused.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** The SQLSTATE, where the database itself answered. */
function stateOf(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined ? code : undefined;
}
