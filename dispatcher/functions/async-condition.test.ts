import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AsyncStanding, asyncCondition, isUpToDate } from './async-condition.ts';

const NOW = Date.parse('2026-01-01T00:00:10.750Z');
const standing = (parts: Partial<AsyncStanding> = {}): AsyncStanding => ({
  hasAsync: true,
  buried: 0,
  ...parts,
});
const condition = (parts: Partial<AsyncStanding>, lastNote?: string) =>
  asyncCondition(standing(parts), lastNote, undefined, NOW);

test('a function with nothing buried says so', () => {
  assert.deepEqual(condition({}), {
    type: 'Async',
    status: 'True',
    reason: 'NothingBuried',
    message: 'no invocation is buried',
    lastTransitionTime: '2026-01-01T00:00:10Z',
  });
});

test('what is buried is counted, with what the last of it came to', () => {
  const { status, reason, message } = condition({ buried: 3 }, 'the function answered 404') ?? {};
  assert.deepEqual([status, reason], ['False', 'Buried']);
  assert.equal(message, '3 invocations are buried; the last: the function answered 404');
  assert.equal(condition({ buried: 1 })?.message, '1 invocation is buried');
});

test('a function without spec.async has no condition but for what is buried', () => {
  assert.equal(condition({ hasAsync: false }), undefined);
  assert.equal(condition({ hasAsync: false, buried: 1 })?.status, 'False');
});

test('a message is one line of at most 256 characters, whatever a function has answered', () => {
  const hostile = `\u001b[2J\r\n\u0000\u202e\u2028\ud800${'😀'.repeat(1_000)}`;
  const message = condition({ buried: 2 }, hostile)?.message ?? '';
  assert.equal(Array.from(message).length, 256);
  assert.match(message, /^2 invocations are buried; the last: \[2J �😀+…$/u);
  assert.equal(message.isWellFormed(), true);
  assert.equal(condition({ buried: 2 }, ' \n\t')?.message, '2 invocations are buried');
});

test('its time is that of the last change between True and False', () => {
  const first = condition({ buried: 1 });
  const later = NOW + 3_600_000;
  const more = asyncCondition(standing({ buried: 2 }), 'x', first, later);
  assert.equal(more?.lastTransitionTime, first?.lastTransitionTime);
  assert.equal(asyncCondition(standing(), undefined, more, later)?.lastTransitionTime, '2026-01-01T01:00:10Z');
});

test('it is up to date as long as it says how many are buried', () => {
  for (const parts of [{}, { buried: 1 }, { buried: 12 }, { hasAsync: false }, { hasAsync: false, buried: 1 }])
    assert.equal(isUpToDate(condition(parts, 'a; b'), standing(parts)), true, JSON.stringify(parts));
  for (const [parts, other] of [
    [{}, { hasAsync: false }],
    [{}, { buried: 1 }],
    [{ buried: 1 }, {}],
    [{ buried: 2 }, { buried: 12 }],
    [{ buried: 12 }, { buried: 2 }],
    [{ buried: 2 }, { hasAsync: false }],
  ])
    assert.equal(isUpToDate(condition(parts ?? {}), standing(other)), false, JSON.stringify([parts, other]));
});
