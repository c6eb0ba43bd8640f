/** Whether the limits of a spec can be kept. */

export const RATE_LIMIT_BY = ['Function', 'Client', 'Caller', 'Header', 'Claim'] as const;

/** Of one function: limits, requests of one, and the time in which those are filled up. */
export const RATE_LIMIT_MAX = { limits: 8, requests: 1_000_000, seconds: 86_400 } as const;

export interface RateLimitSpec {
  name?: string | undefined;
  requests: number;
  seconds: number;
  burst?: number | undefined;
  by: (typeof RATE_LIMIT_BY)[number];
  header?: string | undefined;
  claim?: string | undefined;
}

/** The first that cannot be, as a sentence; undefined: there is none. The schema refuses these too, and a gateway trusts no other. */
export function rateLimitFault(limits: readonly RateLimitSpec[] = []): string | undefined {
  if (limits.length > RATE_LIMIT_MAX.limits) return `spec.rateLimits: more than ${RATE_LIMIT_MAX.limits}`;
  const names = limits.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (new Set(names).size < names.length) return 'spec.rateLimits: two of the same name';
  const wrong = limits.findIndex((limit) => !isKept(limit));
  return wrong === -1
    ? undefined
    : `spec.rateLimits[${wrong}]: its numbers, or by, header and claim, do not fit together`;
}

function isKept({ requests, seconds, burst = 1, by, header, claim }: RateLimitSpec): boolean {
  return (
    isCount(requests, RATE_LIMIT_MAX.requests) &&
    isCount(burst, RATE_LIMIT_MAX.requests) &&
    isCount(seconds, RATE_LIMIT_MAX.seconds) &&
    RATE_LIMIT_BY.includes(by) &&
    (header !== undefined) === (by === 'Header') &&
    (claim !== undefined) === (by === 'Claim')
  );
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
