/** Whole seconds, as few digits as any real one has. */
const SECONDS = /^\d{1,9}$/;

/**
 * How long an answer asks to be waited for, in milliseconds from `nowMs`: its first Retry-After, as seconds or as a date.
 * Undefined where there is none, or none that can be read; 0 for a date that is over.
 * @param headers name, value, name, value, …
 */
export function retryAfterMs(headers: readonly string[], nowMs: number): number | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() !== 'retry-after') continue;
    const value = (headers[at + 1] as string).trim();
    if (SECONDS.test(value)) return Number(value) * 1_000;
    // HTTP dates begin with the name of a day: what Date.parse takes besides, such as a lone number, is none.
    const atMs = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
  }
  return undefined;
}
