import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { SaveQueue } from './save-queue.ts';

function unexpected(error: unknown): void {
  assert.fail(String(error));
}

test('saves that come together are one run, and those during a run one more', async () => {
  const runs: string[][] = [];
  let finish: () => void = () => undefined;
  await using queue = new SaveQueue(async (changed) => {
    runs.push([...changed]);
    await new Promise<void>((done) => {
      finish = done;
    });
  }, unexpected);
  queue.add('a');
  queue.add('b');
  queue.add('a');
  await until(() => runs.length === 1, 'it runs', 5_000);
  queue.add('c');
  queue.add('d');
  finish();
  await until(() => runs.length === 2, 'it runs again', 5_000);
  finish();
  assert.deepEqual(runs, [
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('a run that fails keeps none of the next from running', async () => {
  const failed: unknown[] = [];
  let runs = 0;
  await using queue = new SaveQueue(
    async () => {
      runs += 1;
      throw new Error(`run ${runs}`);
    },
    (error) => failed.push(error),
  );
  queue.add('a');
  await until(() => failed.length === 1, 'the first failed', 5_000);
  queue.add('a');
  await until(() => failed.length === 2, 'the second too', 5_000);
});

test('after the end nothing runs', async () => {
  let runs = 0;
  const queue = new SaveQueue(async () => {
    runs += 1;
  }, unexpected);
  queue.add('a');
  await queue[Symbol.asyncDispose]();
  queue.add('b');
  await queue[Symbol.asyncDispose]();
  assert.equal(runs, 0);
});
