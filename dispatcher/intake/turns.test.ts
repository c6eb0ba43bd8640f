import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { Turns } from './turns.ts';

const none = new AbortController().signal;

test('no more than so many have one, and the others get theirs in their order', async () => {
  const turns = new Turns(2);
  const began: string[] = [];
  const take = async (name: string) => {
    const turn = await turns.take('one', none);
    began.push(name);
    return turn;
  };
  const all = ['a', 'b', 'c', 'd'].map(take);
  await until(() => began.length === 2, 'two have one');
  using _ = await all[1];
  (await all[0])?.[Symbol.dispose]();
  await until(() => began.length === 3, 'a third has one');
  (await all[2])?.[Symbol.dispose]();
  await until(() => began.length === 4, 'the last has one');
  assert.deepEqual(began, ['a', 'b', 'c', 'd']);
  (await all[3])?.[Symbol.dispose]();
  using __ = await turns.take('one', none);
});

test('one that leaves waits no longer, and takes none from those behind', async () => {
  const turns = new Turns(1);
  const first = await turns.take('one', none);
  const leaving = new AbortController();
  const left = turns.take('one', leaving.signal);
  const behind = turns.take('one', none);
  leaving.abort();
  await assert.rejects(left, { name: 'AbortError' });
  first[Symbol.dispose]();
  using _ = await behind;
  await assert.rejects(turns.take('one', AbortSignal.abort()), { name: 'AbortError' });
});

test('tenants have theirs in turn, however many of one wait', async () => {
  const turns = new Turns(1);
  const held = await turns.take('large', none);
  const began: string[] = [];
  const all = ['large', 'large', 'large', 'small', 'large', 'small'].map(async (tenant) => {
    using _ = await turns.take(tenant, none);
    began.push(tenant);
  });
  held[Symbol.dispose]();
  await Promise.all(all);
  assert.deepEqual(began, ['large', 'small', 'large', 'small', 'large', 'large']);
});
