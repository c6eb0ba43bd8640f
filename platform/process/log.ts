import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './config.ts';

export type Log = Logger;

export interface LogOptions {
  /** Which program speaks; on each line. */
  service: string;
  /** Default `info`. */
  level?: LogLevel;
  /** Where lines go; default: standard output. */
  write?: (line: string) => void;
}

/**
 * JSON lines: `level` as a word, `time` in RFC 3339, `service`, `msg`, and the fields given. A line is written before
 * the call returns, so none is lost when the process ends. Errors go into the field `err`.
 */
export function createLog({ service, level = 'info', write }: LogOptions): Log {
  const options = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, write === undefined ? destination({ fd: 1, sync: true }) : { write });
}
