/**
 * What can be known of something that was thrown, or given to be shown. It is the function's, and may be anything: a proxy
 * whose traps throw, an error whose message is a getter. Nothing here throws. Pure.
 */
import { util } from '../builtin.ts';

/** Of an Error and of nothing else; undefined: it cannot be looked at. */
export function asError(value: unknown): Error | undefined {
  try {
    return value instanceof Error ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What `look` returns; undefined: it threw. */
export function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A property's value where it is text. */
export function textAt(value: object, name: string): string | undefined {
  const text = attempt(() => (value as Record<string, unknown>)[name]);
  return typeof text === 'string' ? text : undefined;
}

/** As `console` would show it. */
export function shown(value: unknown): string {
  return attempt(() => util.inspect(value)) ?? 'a value that throws when it is looked at';
}

/** The value itself where it is an Error, else one that says it. */
export function errorOf(value: unknown): Error {
  return asError(value) ?? new Error(attempt(() => String(value)) ?? shown(value));
}
