import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TimeLimit, timeLimitOf } from './time-limit.ts';

const OWN: TimeLimit = { ms: 60_000, field: 'spec.timeoutSeconds' };

test('a delivery has a limit of its own, shorter or longer, and says where it comes from', () => {
  for (const ms of [1, 86_400_000])
    assert.deepEqual(timeLimitOf({ 'x-catnap-timeout-ms': String(ms) }, OWN), {
      ms,
      field: 'spec.async.timeoutSeconds',
    });
  assert.equal(timeLimitOf({ 'x-catnap-timeout-ms': '500' }, { ...OWN, ms: 0 }).ms, 500);
});

test('no limit is longer than a timer can hold', () => {
  assert.equal(timeLimitOf({ 'x-catnap-timeout-ms': '9999999999' }, OWN).ms, 2_000_000_000);
});

test('what is no number of milliseconds changes nothing', () => {
  for (const said of [
    undefined,
    '',
    '0',
    '00',
    '-1',
    '+5',
    '1.5',
    '1e3',
    '0x10',
    ' 5',
    '5 ',
    '5, 6',
    '10000000000',
    ['5', '6'],
    5,
  ])
    assert.equal(timeLimitOf({ 'x-catnap-timeout-ms': said }, OWN), OWN, String(said));
  assert.equal(timeLimitOf({}, OWN), OWN);
});
