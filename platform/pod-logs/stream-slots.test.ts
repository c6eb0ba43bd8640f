import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '../testing/test-clock.ts';
import { StreamSlots } from './stream-slots.ts';

const never = new AbortController().signal;

test('so many are open at once; the next one waits until one ends', async () => {
  const slots = new StreamSlots(1);
  const first = await slots.acquire('a', never);
  const second = slots.acquire('a', never);
  assert.deepEqual([slots.open, slots.waiting], [1, 1]);
  assert.equal(first.taken.aborted, false);
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  assert.deepEqual([slots.open, slots.waiting], [0, 0]);
});

test('a tenant with all places gives one to another, and takes none back', async () => {
  const slots = new StreamSlots(3);
  const mine = await Promise.all(['a', 'a', 'a'].map((tenant) => slots.acquire(tenant, never)));
  const other = slots.acquire('b', never);
  const given = mine.filter(({ taken }) => taken.aborted);
  assert.equal(given.length, 1);
  given[0]?.[Symbol.dispose]();
  const others = await other;
  const again = slots.acquire('a', never);
  assert.equal(slots.waiting, 1);
  assert.equal(others.taken.aborted, false);
  assert.equal(mine.filter(({ taken }) => taken.aborted).length, 1);
  others[Symbol.dispose]();
  await again;
});

test('of those that wait the tenant with fewest is next', async () => {
  const slots = new StreamSlots(2);
  const [one, two] = await Promise.all([slots.acquire('a', never), slots.acquire('b', never)]);
  const order: string[] = [];
  const waits = ['a', 'c'].map((tenant) => slots.acquire(tenant, never).then(() => order.push(tenant)));
  two?.[Symbol.dispose]();
  one?.[Symbol.dispose]();
  await Promise.all(waits);
  assert.deepEqual(order, ['c', 'a']);
});

test('one that is given up while it waits leaves no trace', async () => {
  const slots = new StreamSlots(1);
  using _held = await slots.acquire('a', never);
  const stop = new AbortController();
  const waiting = slots.acquire('b', stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  assert.equal(slots.waiting, 0);
});

test('while some wait, places are given up in turn, those that were had longest first', async () => {
  const clock = new TestClock();
  const slots = new StreamSlots(2, clock);
  const first = await slots.acquire('a', never);
  clock.advance(1);
  const second = await slots.acquire('a', never);
  const third = slots.acquire('a', never);
  clock.advance(9_000);
  assert.deepEqual([first.taken.aborted, second.taken.aborted], [false, false]);
  clock.advance(1_000);
  assert.deepEqual([first.taken.aborted, second.taken.aborted], [true, false]);
  first[Symbol.dispose]();
  await third;
  assert.equal(clock.pending, 0, 'nobody waits: nothing is looked at');
  clock.advance(60_000);
  assert.equal(second.taken.aborted, false);
});

test('a turn with thousands that wait does not hold up the process, whether they are of one tenant or of as many', async () => {
  for (const tenants of [1, 5_000]) {
    const clock = new TestClock();
    const slots = new StreamSlots(500, clock);
    const sinceMs = performance.now();
    for (let n = 0; n < 5_000; n += 1)
      void (async () => {
        using slot = await slots.acquire(`t${n % tenants}`, never);
        await new Promise((resolve) => slot.taken.addEventListener('abort', resolve));
      })();
    await new Promise(setImmediate);
    assert.deepEqual([slots.open, slots.waiting], [500, 4_500]);
    clock.advance(10_000);
    await new Promise(setImmediate);
    assert.deepEqual([slots.open, slots.waiting], [500, 4_000]);
    assert.ok(performance.now() - sinceMs < 3_000, `${performance.now() - sinceMs} ms`);
  }
});
