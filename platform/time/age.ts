/** Ages as `kubectl get` prints them. */

/** `92s`, `3h12m`; `<unknown>` without a time. */
export function ageOf(timestamp: unknown, nowMs: number): string {
  const atMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(atMs) ? '<unknown>' : humanDuration((nowMs - atMs) / 1000);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Up to when (in seconds) an age is shown in which units. */
const STEPS: readonly { below: number; unit: number; sign: string; rest?: { unit: number; sign: string } }[] = [
  { below: 2 * MINUTE, unit: 1, sign: 's' },
  { below: 10 * MINUTE, unit: MINUTE, sign: 'm', rest: { unit: 1, sign: 's' } },
  { below: 3 * HOUR, unit: MINUTE, sign: 'm' },
  { below: 8 * HOUR, unit: HOUR, sign: 'h', rest: { unit: MINUTE, sign: 'm' } },
  { below: 2 * DAY, unit: HOUR, sign: 'h' },
  { below: 8 * DAY, unit: DAY, sign: 'd', rest: { unit: HOUR, sign: 'h' } },
  { below: 2 * YEAR, unit: DAY, sign: 'd' },
  { below: 8 * YEAR, unit: YEAR, sign: 'y', rest: { unit: DAY, sign: 'd' } },
  { below: Number.POSITIVE_INFINITY, unit: YEAR, sign: 'y' },
];

/** A clock that is up to two seconds ahead is taken for now; further ahead is `<invalid>`. */
export function humanDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < -1) return '<invalid>';
  if (whole < 0) return '0s';
  const step = STEPS.find(({ below }) => whole < below);
  if (step === undefined) return '<invalid>';
  const { unit, sign, rest } = step;
  const left = rest === undefined ? 0 : Math.floor((whole % unit) / rest.unit);
  return `${Math.floor(whole / unit)}${sign}${left > 0 && rest !== undefined ? `${left}${rest.sign}` : ''}`;
}
