import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RateLimitSpec, rateLimitFault } from './rate-limit-fault.ts';

const LIMIT: RateLimitSpec = { requests: 10, seconds: 1, by: 'Client' };

test('limits that can be kept have no fault', () => {
  assert.equal(rateLimitFault(undefined), undefined);
  assert.equal(rateLimitFault([]), undefined);
  const all: RateLimitSpec[] = [
    LIMIT,
    { ...LIMIT, by: 'Function', burst: 1, name: 'all' },
    { ...LIMIT, by: 'Header', header: 'X-Tenant' },
    { ...LIMIT, by: 'Claim', claim: 'org' },
    { ...LIMIT, by: 'Caller', requests: 1_000_000, seconds: 86_400, burst: 1_000_000 },
  ];
  assert.equal(rateLimitFault(all), undefined);
});

test('what cannot be kept is named by its place', () => {
  const wrong: Partial<RateLimitSpec>[] = [
    { requests: 0 },
    { requests: -1 },
    { requests: 0.5 },
    { requests: Number.NaN },
    { requests: 1e7 },
    { seconds: 0 },
    { seconds: 1e6 },
    { burst: 0 },
    { by: 'Header' },
    { by: 'Client', header: 'X-Tenant' },
    { by: 'Claim' },
    { by: 'Header', header: 'a', claim: 'b' },
    { by: 'client' as RateLimitSpec['by'] },
  ];
  for (const one of wrong)
    assert.match(rateLimitFault([LIMIT, { ...LIMIT, ...one }]) ?? '', /^spec\.rateLimits\[1\]/, JSON.stringify(one));
  assert.match(
    rateLimitFault([
      { ...LIMIT, name: 'a' },
      { ...LIMIT, name: 'a' },
    ]) ?? '',
    /same name/,
  );
  assert.match(rateLimitFault(Array(9).fill(LIMIT)) ?? '', /more than 8/);
});
