/**
 * What an answer says of limits, by draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` what a limit allows, `RateLimit`
 * what is left of it. Both are Lists of Structured Fields (RFC 9651).
 */

/** How a limit stands for one request. */
interface LimitState {
  /** As `quoted` makes it. */
  name: string;
  /** Requests that would be let through at once. */
  remaining: number;
  /** Until a request is let through where none is now, else until all is filled up again; in milliseconds. */
  resetMs: number;
}

/** A String of RFC 9651, 3.3.3; characters that it cannot have are left out. */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

/** Whole seconds, rounded up, so that who comes back after them does not come too early. */
export function wholeSeconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000));
}

/** One limit's member of `RateLimit-Policy`: the quota, and the window in which all of it is filled up. */
export function policyMember({ name, requests, seconds }: { name: string; requests: number; seconds: number }): string {
  return `${quoted(name)};q=${requests};w=${seconds}`;
}

/** One limit's member of `RateLimit`. */
export function stateMember({ name, remaining, resetMs }: LimitState): string {
  return `${name};r=${remaining};t=${wholeSeconds(resetMs)}`;
}
