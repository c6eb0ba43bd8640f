import { util } from './builtin.ts';
import type { Log } from './context.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** On every line, after time, level and msg: the function and, inside a request, its id. */
export type Fields = Readonly<Record<string, unknown>>;

/** Writes lines of JSON. @param write takes one line with its newline. */
export class JsonLog {
  readonly #base: Fields;
  readonly #write: (line: string) => void;
  /** Fields of the moment: the id of the request in whose course the line is written. */
  readonly #current: () => Fields | undefined;

  constructor(base: Fields, write: (line: string) => void, current: () => Fields | undefined) {
    this.#base = base;
    this.#write = write;
    this.#current = current;
  }

  line(level: Level, msg: string, fields?: Fields): void {
    this.#write(jsonLine(new Date(), level, msg, { ...this.#base, ...this.#current(), ...fields }));
  }

  /** A log whose lines always carry `fields`. */
  with(fields: Fields): Log {
    const at = (level: Level) => (message: string, more?: object) => this.line(level, message, { ...more, ...fields });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}

/** One line. Errors among the fields are written with their stack; what JSON cannot hold is written as text. */
export function jsonLine(time: Date, level: Level, msg: string, fields: Fields): string {
  const head = { time: time.toISOString(), level, msg };
  try {
    // Twice: the first time for their place in the line, the second so that no field takes it.
    return `${JSON.stringify(Object.assign({}, head, fields, head), writable)}\n`;
  } catch {
    // Circular, or with a toJSON that throws: as console would show it.
    return `${JSON.stringify({ ...head, fields: util.inspect(fields) })}\n`;
  }
}

/** What is known of something thrown. */
export function describeError(error: unknown): Fields {
  if (!(error instanceof Error)) return { message: util.inspect(error) };
  const cause = error.cause === undefined ? {} : { cause: describeCause(error.cause) };
  return { name: error.name, message: error.message, stack: error.stack, ...cause };
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? String(cause)) : util.inspect(cause);
}

function writable(_key: string, value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  if (typeof value === 'bigint') return String(value);
  return value;
}

const CONSOLE_LEVELS = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  dir: 'info',
  warn: 'warn',
  error: 'error',
} as const;

/** Makes `console` write to `log`: format strings and inspection as usual, one line of JSON each. */
export function captureConsole(console: Console, log: JsonLog): void {
  for (const [method, level] of Object.entries(CONSOLE_LEVELS)) {
    Object.defineProperty(console, method, {
      configurable: true,
      writable: true,
      value: (...values: unknown[]) =>
        log.line(level, method === 'dir' ? util.inspect(values[0]) : util.format(...values)),
    });
  }
  Object.defineProperty(console, 'trace', {
    configurable: true,
    writable: true,
    value: (...values: unknown[]) => log.line('debug', util.format(...values), { stack: new Error('trace').stack }),
  });
}

/** Makes Node's own warnings lines of `log`; without it they are text on stderr. */
export function captureWarnings(log: JsonLog): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.line('warn', message, { warning: name }));
}

/** Writes to stdout, whatever becomes of whoever reads it. Opened with the first line: it takes 1 ms. */
export function stdoutWriter(): (line: string) => void {
  let stdout: NodeJS.WriteStream | undefined;
  return (line) => {
    if (stdout === undefined) {
      stdout = process.stdout;
      // A log that nobody reads any more is no reason to stop serving, and there is nowhere to say so.
      stdout.on('error', () => undefined);
    }
    stdout.write(line);
  };
}
