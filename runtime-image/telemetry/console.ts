import { util } from '../builtin.ts';
import type { JsonLog, Level } from './log.ts';
import { withoutOwnFrames } from './own-frames.ts';
import { asError, textAt } from './thrown-value.ts';

const LEVEL_OF = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', dirxml: 'info' } as const;

/**
 * Makes `console` write to `log`: format strings and inspection as usual, one line each. What Node builds on `log` and
 * `warn` (`table`, `group`, `count`, `time`, `assert` and the rest) goes the same way; a group does not indent its lines.
 */
export function captureConsole(console: Console, log: JsonLog): void {
  for (const [method, level] of Object.entries(LEVEL_OF)) {
    define(console, method, (...values) => say(log, level, () => util.format(...values)));
  }
  define(console, 'dir', (value, options) =>
    say(log, 'info', () => util.inspect(value, { customInspect: false, ...(options as object) })),
  );
  const trace = (...values: unknown[]) => {
    const here = { name: 'Trace', message: '', stack: '' };
    // From where it was called on.
    Error.captureStackTrace(here, trace);
    say(log, 'debug', () => util.format(...values), { stack: withoutOwnFrames(here.stack) });
  };
  define(console, 'trace', trace);
}

/** Formats only what is written. A value that throws when it is looked at does not reach the caller. */
function say(log: JsonLog, level: Level, format: () => string, fields?: object): void {
  if (!log.writes(level)) return;
  let msg: string;
  try {
    msg = withoutOwnFrames(format());
  } catch (error) {
    const known = asError(error);
    const why = known === undefined ? undefined : textAt(known, 'message');
    msg = `what was given to console cannot be shown: ${why ?? 'it threw no error'}`;
  }
  log.line(level, msg, { ...fields });
}

function define(console: Console, method: string, value: (...values: unknown[]) => void): void {
  Object.defineProperty(console, method, { configurable: true, writable: true, value });
}
