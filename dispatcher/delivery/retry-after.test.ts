import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from './retry-after.ts';

const nowMs = Date.UTC(2026, 10, 29, 1, 0, 0);
const of = (value: string) => retryAfterMs(['content-type', 'text/plain', 'Retry-After', value], nowMs);

test('Retry-After is read as seconds and as a date', () => {
  assert.equal(of('120'), 120_000);
  assert.equal(of(' 0 '), 0);
  assert.equal(of('Sun, 29 Nov 2026 01:02:00 GMT'), 120_000);
  assert.equal(of('Sunday, 29-Nov-26 01:02:00 GMT'), 120_000);
});

test('a date that is over asks for no wait', () => {
  assert.equal(of('Sun, 29 Nov 2026 00:00:00 GMT'), 0);
});

test('what is no Retry-After asks for nothing', () => {
  for (const value of ['', '-5', '1.5', '1e9', 'soon', '99999999999999999999', '0x10', 'Infinity', 'Never'])
    assert.equal(of(value), undefined, value);
  assert.equal(retryAfterMs(['retry-after'], nowMs), undefined);
  assert.equal(retryAfterMs([], nowMs), undefined);
});
