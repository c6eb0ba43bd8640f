/** Lines as the API server sends them with `timestamps`. Pure. */

/** What one line of a container says. */
export interface LogLine {
  /** When it was written: RFC 3339 in UTC with nine digits of a second, so that texts compare as times do. */
  time: string;
  text: string;
}

/** Kubelet writes the time in its node's own zone. */
const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/;

/** Undefined: it has no time before it, so no container wrote it; kubelet puts its own excuses into the stream so. */
export function parseLogLine(line: string): LogLine | undefined {
  const found = STAMPED.exec(line);
  if (found === null) return undefined;
  const [stamp, seconds = '', fraction = '', zone = 'Z'] = found;
  const whole = zone === 'Z' ? seconds : inUtc(`${seconds}${zone}`);
  if (whole === undefined) return undefined;
  return { time: `${whole}.${fraction.padEnd(9, '0')}Z`, text: line.slice(stamp.length) };
}

/** `2026-01-01T12:00:00.000000000Z` of milliseconds since the epoch. */
export function logTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000000Z');
}

function inUtc(text: string): string | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().slice(0, 19);
}
