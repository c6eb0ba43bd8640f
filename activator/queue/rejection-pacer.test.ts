import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { RejectionPacer } from './rejection-pacer.ts';

function aScene() {
  const refusals = new RejectionPacer();
  const refused: number[] = [];
  const refuse = (from: number, to: number) => {
    for (let i = from; i < to; i += 1) {
      refusals.refuse({ refuse: () => void refused.push(i) }, { code: 'QueueFull', message: '' });
    }
  };
  return { refuse, refused };
}

test('a few are rejected at once, of many a few in each turn of the event loop, in order', async () => {
  const { refuse, refused } = aScene();
  const after: number[] = [];
  refuse(0, 10);
  after.push(refused.length);
  await turn();
  after.push(refused.length);
  refuse(10, 11);
  await turn();
  after.push(refused.length);
  assert.deepEqual(after, [4, 8, 11]);
  assert.deepEqual(
    refused,
    refused.map((_, i) => i),
  );
});

test('after a flood one is rejected at once again', async () => {
  const { refuse, refused } = aScene();
  refuse(0, 10);
  for (let i = 0; i < 5; i += 1) await turn();
  refuse(10, 11);
  assert.equal(refused.length, 11);
});
