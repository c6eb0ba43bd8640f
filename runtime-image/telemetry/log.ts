import { util } from '../builtin.ts';
import type { Log } from '../call/context.ts';
import { withoutOwnFrames } from './own-frames.ts';
import { textOfLine } from './text-line.ts';
import { asError, attempt, shown, textAt } from './thrown-value.ts';

/** From the least severe to the most. */
export const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** On every line, after time, level and msg: the function and, inside a request, its id. */
export type Fields = Readonly<Record<string, unknown>>;

/** Longest message, and most that the fields of a line may hold, in characters: a mistake must not take the replica's memory. */
const LONGEST = 1_048_576;
/** Of an object that holds more: entries shown of each object in it, how deep, and characters of each text. */
const SHORTENED = { entries: 100, depth: 4, text: 1_000 } as const;

/** Writes lines of JSON. @param write takes one line with its newline. */
export class JsonLog {
  readonly #base: Fields;
  readonly #write: (line: string) => void;
  /** Fields of the moment: the id of the request in whose course the line is written. */
  readonly #current: () => Fields | undefined;
  /** Index among LEVELS of the least severe that is written. */
  readonly #least: number;

  constructor(
    base: Fields,
    write: (line: string) => void,
    current: () => Fields | undefined,
    leastLevel: Level = 'debug',
  ) {
    this.#base = base;
    this.#write = write;
    this.#current = current;
    this.#least = LEVELS.indexOf(leastLevel);
  }

  line(level: Level, msg: string, fields?: Fields): void {
    if (!this.writes(level)) return;
    this.#write(jsonLine(new Date(), level, msg, { ...this.#base, ...this.#current(), ...fields }));
  }

  /** A line about something thrown. What is no Error is written as text: as JSON there may be nothing to see of it. */
  thrown(level: Level, msg: string, error: unknown): void {
    this.line(level, msg, { err: asError(error) ?? { message: shown(error) } });
  }

  writes(level: Level): boolean {
    return LEVELS.indexOf(level) >= this.#least;
  }

  /** A log whose lines always carry `fields`. */
  with(fields: Fields): Log {
    const at = (level: Level) => (message: string, more?: object) =>
      // An error by itself has no fields.
      this.line(level, message, { ...fieldsOf(more), ...fields });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}

/**
 * One line. Errors among the fields are written with their stack; what JSON cannot hold, or is more than a line should,
 * as text, shortened. Never throws.
 */
export function jsonLine(time: Date, level: Level, msg: string, fields: Fields): string {
  // Handlers in JavaScript may give anything.
  const head = { time: time.toISOString(), level, msg: typeof msg === 'string' ? cut(msg, LONGEST) : inspected(msg) };
  try {
    // Twice: the first time for their place in the line, the second so that no field takes it.
    return `${JSON.stringify(Object.assign({}, head, fields, head), writable())}\n`;
  } catch (error) {
    // Circular, or with a toJSON that throws: as console would show it.
    const less = error === TOO_LONG ? (attempt(() => shortened(fields)) ?? {}) : fields;
    return `${JSON.stringify({ ...head, fields: inspected(less) })}\n`;
  }
}

function fieldsOf(more: object | undefined): Fields {
  const err = asError(more);
  return err === undefined ? (attempt(() => ({ ...more })) ?? { fields: shown(more) }) : { err };
}

/** What is known of something thrown. */
function describeError(error: unknown): Fields {
  const known = asError(error);
  if (known === undefined) return { message: inspected(error) };
  const code = textAt(known, 'code');
  const cause = attempt(() => known.cause);
  const errors = attempt(() => (known instanceof AggregateError ? Array.from(known.errors) : undefined));
  return {
    name: textAt(known, 'name'),
    message: textAt(known, 'message'),
    ...(code !== undefined && { code }),
    stack: stackOf(known),
    ...(cause !== undefined && { cause: describeCause(cause) }),
    ...(errors !== undefined && { errors: errors.slice(0, SHORTENED.depth).map(describeCause) }),
  };
}

function describeCause(cause: unknown): string {
  const known = asError(cause);
  return (known === undefined ? undefined : stackOf(known)) ?? shown(cause);
}

/** The user's frames: those of the runtime say nothing of a mistake. */
function stackOf(error: Error): string | undefined {
  const stack = textAt(error, 'stack');
  return stack === undefined ? undefined : withoutOwnFrames(stack);
}

const TOO_LONG = new Error('the fields hold more than a line should');

/** For one line. @throws TOO_LONG where the line would be too long. */
function writable(): (key: string, value: unknown) => unknown {
  let left = LONGEST;
  return (key, value) => {
    left -= key.length + (typeof value === 'string' ? value.length : 8);
    if (left < 0) throw TOO_LONG;
    if (typeof value === 'bigint') return String(value);
    if (asError(value) !== undefined) return describeError(value);
    // Their entries are no properties.
    if (value instanceof Map || value instanceof Set) return util.inspect(value);
    return value;
  };
}

function inspected(value: unknown): string {
  try {
    return cut(util.inspect(value), LONGEST);
  } catch (error) {
    const known = asError(error);
    const why = known === undefined ? undefined : textAt(known, 'message');
    return `fields that cannot be written: ${why ?? 'what they threw is no error'}`;
  }
}

function shortened(value: unknown, depth: number = SHORTENED.depth): unknown {
  if (typeof value === 'string') return cut(value, SHORTENED.text);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (depth === 0 || value instanceof Error) return cut(String(value), SHORTENED.text);
  const entries: [string, unknown][] = [];
  for (const key in value) {
    if (entries.length === SHORTENED.entries) {
      entries.push(['…', 'and more']);
      break;
    }
    entries.push([cut(key, SHORTENED.text), shortened((value as Fields)[key], depth - 1)]);
  }
  return Object.fromEntries(entries);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… and ${text.length - length} more characters`;
}

/** Makes Node's own warnings lines of `log`; without it they are text on stderr. */
export function captureWarnings(log: JsonLog): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.line('warn', message, { warning: name }));
}

/**
 * Writes to stdout, whatever becomes of the process that reads it. Opened with the first line: it takes 1 ms.
 * @param format undefined: text on a terminal, else JSON.
 */
export function stdoutWriter(format?: LogFormat): (line: string) => void {
  let stdout: NodeJS.WriteStream | undefined;
  let isText = false;
  return (line) => {
    if (stdout === undefined) {
      stdout = process.stdout;
      isText = (format ?? (stdout.isTTY ? 'text' : 'json')) === 'text';
      // A log that is not read any more is no reason to stop serving, and there is nowhere to say so.
      stdout.on('error', () => undefined);
    }
    stdout.write(isText ? textOfLine(line) : line);
  };
}
