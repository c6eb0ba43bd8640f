import type { GatewayError } from '../errors/gateway-error.ts';

export const NOT_BEFORE_HEADER = 'catnap-not-before';
const LONGEST_MS = 30 * 24 * 3_600_000;
const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d{1,9})?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * When a request may be delivered, in milliseconds since 1970; undefined: at once, because nothing is asked or that time has
 * passed. A failure where it is no time of RFC 3339, or one that is more than 30 days ahead.
 */
export function notBefore(field: string | undefined, nowMs: number): number | undefined | GatewayError {
  if (field === undefined) return undefined;
  const atMs = timeOf(field);
  if (atMs === undefined) {
    return { code: 'BadRequest', message: 'Catnap-Not-Before is no time such as 2030-01-31T08:00:00Z (RFC 3339)' };
  }
  if (atMs - nowMs > LONGEST_MS) {
    return { code: 'BadRequest', message: 'Catnap-Not-Before is more than 30 days ahead' };
  }
  return atMs > nowMs ? atMs : undefined;
}

/** A second 60 is the first one of the next minute, for no clock here knows leap seconds. */
function timeOf(field: string): number | undefined {
  const found = RFC_3339.exec(field);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * (found[8] === '-' ? -1 : 1);
  const fraction = Math.floor(Number(found[7] ?? 0) * 1000);
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}
