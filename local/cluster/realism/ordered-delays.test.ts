import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderedDelays } from './ordered-delays.ts';

test('what was given first is done first, however long it is delayed', async () => {
  const delays = [30, 0, 10, 0];
  using line = new OrderedDelays(() => delays.shift() ?? 0);
  const done: number[] = [];
  const last = Promise.withResolvers<void>();
  for (const each of [1, 2, 3, 4]) {
    line.push(() => {
      done.push(each);
      if (each === 4) last.resolve();
    });
  }
  assert.deepEqual(done, []);
  await last.promise;
  assert.deepEqual(done, [1, 2, 3, 4]);
});

test('flush does at once what waits, once', () => {
  using line = new OrderedDelays(() => 60_000);
  const done: string[] = [];
  line.push(() => done.push('a'));
  line.push(() => done.push('b'));
  line.flush();
  line.flush();
  assert.deepEqual(done, ['a', 'b']);
});

test('after its end nothing is done', () => {
  const line = new OrderedDelays(() => 60_000);
  line.push(() => assert.fail('it had ended'));
  line[Symbol.dispose]();
  line.flush();
});
