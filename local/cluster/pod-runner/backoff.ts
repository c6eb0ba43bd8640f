/** How long a container or an image has to wait before the next try. Pure. */

export interface Backoff {
  /** Wait after the next failure, in milliseconds. */
  waitMs: number;
  /** When it last grew. */
  atMs: number;
}

interface BackoffLimits {
  firstMs: number;
  maxMs: number;
}

/** Restarts and image pulls alike: 10 s, doubling, 5 min at most. */
const CONTAINER_BACKOFF: BackoffLimits = { firstMs: 10_000, maxMs: 300_000 };

/**
 * After a container's end at `endedAtMs`: the first one starts again at once and sets the wait for the second. A
 * container that ran for twice the longest wait since counts as a new one.
 */
export function afterExit(
  before: Backoff | undefined,
  endedAtMs: number,
  limits: BackoffLimits = CONTAINER_BACKOFF,
): { waitMs: number; next: Backoff } {
  if (before === undefined || endedAtMs - before.atMs > 2 * limits.maxMs) {
    return { waitMs: 0, next: { waitMs: limits.firstMs, atMs: endedAtMs } };
  }
  const next = { waitMs: Math.min(before.waitMs * 2, limits.maxMs), atMs: endedAtMs + before.waitMs };
  return { waitMs: before.waitMs, next };
}

/** `10s`, `2m40s`, `5m0s`: as waiting messages have it. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
