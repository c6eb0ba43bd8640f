/** Which lines are asked for. Pure. */
import type { KeptLine } from '#api/kept-log.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

export interface WantedLines {
  namespace: string;
  name: string;
  follow: boolean;
  /** RFC 3339; undefined: all. */
  since: string | undefined;
  /** Id of the request that they are of. */
  request: string | undefined;
  /** Of those that are there, the last so many; undefined: all. */
  tail: number | undefined;
}

/** One line, wherever it comes from. */
export type FunctionLine = Omit<KeptLine, 'id'>;

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const MOST_LINES = 100_000;

/** `10m` before now, or a moment, as RFC 3339. Throws a CommandError for anything else. */
export function parseSince(text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms =
    amount === undefined ? Date.parse(text) : nowMs - Number(amount) * SECONDS[unit as keyof typeof SECONDS] * 1_000;
  const isMoment = amount !== undefined || /^\d{4}-\d\d-\d\d(T|$)/.test(text);
  if (!isMoment || !(Math.abs(ms) <= 8.64e15) || ms < 0)
    throw new CommandError(`--since ${text}: is no time; write 10m, 2h, 1d or 2026-01-02T03:04:05Z`, EXIT.usage);
  return new Date(ms).toISOString();
}

/** Throws a CommandError for what is no number of lines. */
export function parseTail(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text) || Number(text) > MOST_LINES)
    throw new CommandError(`--tail ${text}: is no number of lines from 0 to ${MOST_LINES}`, EXIT.usage);
  return Number(text);
}

/** Of a line that is a JSON object; undefined: it is text. */
export function fieldsOf(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined; // text that begins so
  }
}

/** In order of time; of the same time as they came. */
export function byTime(a: { time: string }, b: { time: string }): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}

export function lastOf<T>(items: readonly T[], tail: number | undefined): readonly T[] {
  return tail === undefined ? items : items.slice(Math.max(0, items.length - tail));
}
