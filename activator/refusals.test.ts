import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { TestClock } from '#platform/test-clock.ts';
import type { Failure } from './failure.ts';
import { Refusals } from './refusals.ts';

const FULL: Failure = { code: 'QueueFull', message: 'full' };

function aScene() {
  const clock = new TestClock();
  const lines: { function: string; code: string; requests: number }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const refusals = new Refusals(clock, log);
  let refused = 0;
  const refuse = (functionKey: string) => {
    const visitor = {
      refuse() {
        refused += 1;
      },
    };
    refusals.refuse(visitor, FULL, functionKey);
  };
  return { clock, lines, refusals, refuse, refused: () => refused };
}

test('a few are turned away at once, of many a few in each turn of the event loop', async () => {
  const { refuse, refused } = aScene();
  const after: number[] = [];
  for (let i = 0; i < 10; i += 1) refuse('a/b');
  after.push(refused());
  await turn();
  after.push(refused());
  await turn();
  after.push(refused());
  assert.deepEqual(after, [4, 8, 10]);
});

test('after a flood one is turned away at once again', async () => {
  const { refuse, refused } = aScene();
  for (let i = 0; i < 10; i += 1) refuse('a/b');
  for (let i = 0; i < 5; i += 1) await turn();
  refuse('a/b');
  assert.equal(refused(), 11);
});

test('the first is logged at once, the others are counted and logged now and then', () => {
  const { clock, lines, refuse } = aScene();
  for (let i = 0; i < 1_000; i += 1) refuse('a/b');
  refuse('a/c');
  clock.advance(10_000);
  clock.advance(10_000);
  assert.deepEqual(
    lines.map((line) => `${line.function} ${line.code} ${line.requests}`),
    ['a/b QueueFull 1', 'a/c QueueFull 1', 'a/b QueueFull 999'],
  );
  assert.equal(clock.pending, 0);
});
