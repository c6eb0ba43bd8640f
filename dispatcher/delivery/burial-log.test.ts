import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '#platform/process/log.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { BurialLog } from './burial-log.ts';

function aLog() {
  const lines: Record<string, unknown>[] = [];
  const clock = new TestClock();
  const log = createLog({ service: 'dispatcher', write: (line) => lines.push(JSON.parse(line)) });
  return { lines, clock, burials: new BurialLog({ log, clock }) };
}
const mails = { uid: 'uid-1', namespace: 'shop', name: 'mails' };
const one = (id: string, policy = mails) => ({ id, attempt: 3, policy });

test('what is given up is logged with its function, its id, its attempts and why', () => {
  const { lines, burials } = aLog();
  burials.buried(one('id-1'), 'the function answered 404');
  const { level, msg, function: fn, id, attempt, why } = lines[0] ?? {};
  assert.deepEqual(
    [level, msg, fn, id, attempt, why],
    ['warn', 'an invocation is buried', 'shop/mails', 'id-1', 3, 'the function answered 404'],
  );
});

test('many of a function are a few lines, and one that says how many more there were; another one’s are not silenced', () => {
  const { lines, clock, burials } = aLog();
  for (let i = 0; i < 1_000; i += 1) burials.buried(one(`id-${i}`), undefined);
  assert.equal(lines.length, 5);
  burials.buried(one('id', { ...mails, uid: 'uid-2', name: 'other' }), undefined);
  assert.equal(lines.length, 6);
  clock.advance(10_000);
  const { msg, more, function: fn } = lines[6] ?? {};
  assert.deepEqual([msg, more, fn], ['more invocations are buried', 995, 'shop/mails']);
  assert.equal(lines.length, 7);
  burials.buried(one('id'), undefined);
  assert.equal(lines.length, 8);
});

test('what was not told yet is told at the end', () => {
  const { lines, burials } = aLog();
  for (let i = 0; i < 7; i += 1) burials.buried(one('id'), undefined);
  burials[Symbol.dispose]();
  assert.equal(lines.at(-1)?.more, 2);
});
