import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastOf, parseSince, parseTail } from './wanted-lines.ts';

const NOW = Date.UTC(2026, 0, 2);

test('since is a time ago, or a moment', () => {
  assert.equal(parseSince('10m', NOW), '2026-01-01T23:50:00.000Z');
  assert.equal(parseSince('1d', NOW), '2026-01-01T00:00:00.000Z');
  assert.equal(parseSince('2026-01-01T01:00:00+01:00', NOW), '2026-01-01T00:00:00.000Z');
  assert.equal(parseSince(undefined, NOW), undefined);
  for (const text of ['', '10', '10 m', 'yesterday', '5', '999999999d', '2026-99-99', '-5m'])
    assert.throws(() => parseSince(text, NOW), /--since .*is no time/, text);
});

test('tail is a number of lines', () => {
  assert.equal(parseTail('0'), 0);
  for (const text of ['', '-1', '1.5', 'all', '999999']) assert.throws(() => parseTail(text), /--tail/, text);
  assert.deepEqual(
    [lastOf([1, 2, 3], 2), lastOf([1, 2, 3], 0), lastOf([1], 5), lastOf([1], undefined)],
    [[2, 3], [], [1], [1]],
  );
});
