/** Which part of a log is asked for. Pure. */

/** Bytes up to `end` (exclusive) had been written at `atMs`. */
export interface LogMark {
  end: number;
  atMs: number;
}

export interface LogQuery {
  tailLines?: number | undefined;
  limitBytes?: number | undefined;
  /** Milliseconds since the epoch. */
  sinceMs?: number | undefined;
  timestamps?: boolean | undefined;
}

export function parseIndex(text: string): LogMark[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [end = 0, atMs = 0] = line.split(' ').map(Number);
      return { end, atMs };
    });
}

/** `log` is what the file holds from byte `offset` on; the answer has only whole lines, but for an unfinished last one. */
export function selectLines(
  log: Buffer,
  marks: readonly LogMark[],
  query: LogQuery,
  nowMs: number,
  offset = 0,
): Buffer {
  const lines = splitLines(log, offset);
  const since = query.sinceMs;
  const recent = since === undefined ? lines : lines.filter((line) => timeOf(line.start, marks, nowMs) >= since);
  const tail = query.tailLines === undefined ? recent : recent.slice(Math.max(0, recent.length - query.tailLines));
  const parts = tail.flatMap(({ start, bytes }) =>
    query.timestamps === true ? [Buffer.from(`${isoTime(timeOf(start, marks, nowMs))} `), bytes] : [bytes],
  );
  const whole = Buffer.concat(parts);
  return query.limitBytes === undefined ? whole : whole.subarray(0, query.limitBytes);
}

function splitLines(log: Buffer, offset: number): { start: number; bytes: Buffer }[] {
  const lines: { start: number; bytes: Buffer }[] = [];
  for (let at = 0; at < log.length; ) {
    const newline = log.indexOf(0x0a, at);
    const end = newline < 0 ? log.length : newline + 1;
    lines.push({ start: offset + at, bytes: log.subarray(at, end) });
    at = end;
  }
  return lines;
}

function timeOf(offset: number, marks: readonly LogMark[], nowMs: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle] as LogMark).end > offset) high = middle;
    else low = middle + 1;
  }
  return marks[low]?.atMs ?? nowMs;
}

/** RFC 3339 with nanoseconds, as log timestamps are. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000000Z');
}

/** The last lines, at most 80 and 2 KiB: what a failed container leaves as its message. */
export function lastWords(log: Buffer): string {
  const end = log.subarray(Math.max(0, log.length - 2_048));
  const lines = end.toString('utf8').split('\n');
  return lines.slice(Math.max(0, lines.length - 81)).join('\n');
}
