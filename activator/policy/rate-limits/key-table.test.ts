import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { type Rate, rateOf, take } from './gcra.ts';
import type { KeySpace } from './key-space.ts';
import { KeyTable } from './key-table.ts';
import { keyOfAddress, keyOfText } from './limit-keys.ts';

const tableOf = (most: number, seed = 1) => new KeyTable({ most, random: seeded(seed) });
const ownerIn = (namespace: string) => ({ keys: 0, namespace });
const key = (n: number) => ({ high: n % 3, low: n });

/** Whether one more request of that key is let through. */
function ask(table: KeyTable, { space, rate }: { space: KeySpace; rate: Rate }, n: number, nowMs: number): boolean {
  const verdict = take(rate, table.get(space, key(n)), nowMs);
  if (verdict.allowed) table.set(space, key(n), verdict.tatMs, nowMs);
  return verdict.allowed;
}

test('what was set is found again, of each limit for itself', () => {
  const table = tableOf(10_000);
  const [one, other] = [table.addSpace(ownerIn('shop')), table.addSpace(ownerIn('shop'))];
  for (let n = 0; n < 4_000; n += 1) {
    table.set(one, key(n), 1_000 + n, 0);
    table.set(other, key(n), 9_000 + n, 0);
  }
  for (let n = 0; n < 4_000; n += 1) {
    assert.equal(table.get(one, key(n)), 1_000 + n);
    assert.equal(table.get(other, key(n)), 9_000 + n);
  }
  assert.equal(table.get(one, key(5_000)), 0);
  assert.equal(table.size, 8_000);
});

test('does the same as a map does, whatever is set, removed and forgotten', () => {
  const random = seeded(5);
  const table = tableOf(1e6, 9);
  const spaces = Array.from({ length: 4 }, () => table.addSpace(ownerIn('shop')));
  const expected = new Map<string, number>();
  let nowMs = 0;
  for (let step = 0; step < 60_000; step += 1) {
    nowMs += random();
    const at = Math.floor(random() * 4);
    const n = Math.floor(random() * 3_000);
    const tatMs = nowMs + random() * 2_000;
    table.set(spaces[at] as KeySpace, key(n), tatMs, nowMs);
    expected.set(`${at} ${n}`, tatMs);
    if (step % 1_000 === 0) table.sweep(nowMs, 200);
  }
  for (const [name, tatMs] of expected) {
    const [at = 0, n = 0] = name.split(' ').map(Number);
    const found = table.get(spaces[at] as KeySpace, key(n));
    assert.ok(found === tatMs || (found === 0 && tatMs <= nowMs), name);
  }
});

test('what is in the past is forgotten first, and gives nothing back', () => {
  const table = tableOf(10_000);
  const space = table.addSpace(ownerIn('shop'));
  for (let n = 0; n < 5_000; n += 1) table.set(space, key(n), 1_000_000, 0);
  for (let n = 10_000; n < 15_000; n += 1) table.set(space, key(n), 500, 0);
  for (let n = 20_000; n < 21_000; n += 1) table.set(space, key(n), 1_000_000, 600);
  for (let n = 0; n < 5_000; n += 1) assert.equal(table.get(space, key(n)), 1_000_000);
  assert.ok(table.size <= 10_000);
  assert.equal(space.floorMs, 0);
});

test('a limit stays closed to a key that was forgotten while it was of use', () => {
  const table = tableOf(1_000);
  const limit = { space: table.addSpace(ownerIn('shop')), rate: rateOf({ requests: 1, seconds: 60, burst: 1 }) };
  let through = 0;
  // Ten times as many clients as can be remembered, each of which comes three times: none is let through twice.
  for (let round = 0; round < 3; round += 1) {
    for (let n = 0; n < 10_000; n += 1) if (ask(table, limit, n, 1_000 + round)) through += 1;
  }
  assert.equal(table.size, 1_000);
  assert.ok(through <= 10_000, `${through}`);
  assert.ok(through >= 1_000, `${through}`);
});

test('where keys are forgotten, a new one is as well off as the forgotten ones are, and all is well once those would be in the past', () => {
  const table = tableOf(1_000);
  const limit = { space: table.addSpace(ownerIn('shop')), rate: rateOf({ requests: 5, seconds: 60, burst: 5 }) };
  for (let n = 0; n < 1_900; n += 1) ask(table, limit, n, 1_000);
  const more = [1, 2, 3, 4, 5, 6].map(() => ask(table, limit, 1e6, 1_000));
  assert.ok(more.filter(Boolean).length >= 1 && more.filter(Boolean).length <= 4);
  const later = [1, 2, 3, 4, 5, 6].map(() => ask(table, limit, 2e6, 200_000));
  assert.deepEqual(later, [true, true, true, true, true, false]);
});

test("a function with few keys keeps them while another's flood the table", () => {
  const table = tableOf(2_000);
  const rate = rateOf({ requests: 5, seconds: 3_600, burst: 5 });
  const small = { space: table.addSpace(ownerIn('shop')), rate };
  const flooded = ownerIn('shop');
  const floods = [table.addSpace(flooded), table.addSpace(flooded)].map((space) => ({ space, rate }));
  for (let n = 0; n < 900; n += 1) ask(table, small, n, 1_000);
  for (let n = 0; n < 50_000; n += 1) ask(table, floods[n % 2] as (typeof floods)[number], n, 1_000);
  assert.equal(small.space.owner.keys, 900);
  assert.equal(small.space.floorMs, 0);
  assert.equal(flooded.keys, 1_100);
  for (let n = 0; n < 900; n += 1) assert.ok(table.get(small.space, key(n)) > 1_000);
});

test('a function that comes to a full table gets its share of it', () => {
  const table = tableOf(2_000);
  const rate = rateOf({ requests: 5, seconds: 3_600, burst: 5 });
  const first = { space: table.addSpace(ownerIn('shop')), rate };
  const second = { space: table.addSpace(ownerIn('shop')), rate };
  for (let n = 0; n < 5_000; n += 1) ask(table, first, n, 1_000);
  for (let n = 0; n < 5_000; n += 1) ask(table, second, n, 1_000);
  assert.ok(Math.abs(second.space.owner.keys - 1_000) <= 1, `${second.space.owner.keys}`);
  assert.equal(table.size, 2_000);
});

test('keys of a limit that is gone make room for others', () => {
  const table = tableOf(1_000);
  const gone = table.addSpace(ownerIn('shop'));
  for (let n = 0; n < 1_000; n += 1) table.set(gone, key(n), 1e9, 0);
  table.removeSpace(gone);
  const space = table.addSpace(ownerIn('shop'));
  for (let n = 0; n < 800; n += 1) table.set(space, key(n), 1e9, 0);
  assert.equal(space.keys, 800);
  assert.equal(table.size, space.keys + gone.keys);
});

test('a million keys take no more than 64 bytes each, are found fast, and are given back when they are of no more use', () => {
  const table = tableOf(1_000_000);
  const space = table.addSpace(ownerIn('shop'));
  const began = performance.now();
  let longestMs = 0;
  for (let n = 0; n < 1_200_000; n += 1) {
    const at = performance.now();
    table.set(space, { high: 0xffff_ffff, low: n }, 1_000 + n, 0);
    longestMs = Math.max(longestMs, performance.now() - at);
  }
  const perKeyUs = ((performance.now() - began) * 1000) / 1_200_000;
  assert.equal(table.size, 1_000_000);
  assert.ok(table.bytes / table.size <= 64, `${table.bytes / table.size} bytes a key`);
  assert.ok(perKeyUs < 50, `${perKeyUs} µs a key`);
  assert.ok(longestMs < 250, `one key took ${longestMs} ms`);
  console.log(
    `${(table.bytes / table.size).toFixed(1)} bytes a key, ${perKeyUs.toFixed(2)} µs to set one, the slowest ${longestMs.toFixed(1)} ms`,
  );
  table.sweep(1e9, 512);
  assert.equal(table.size, 0);
  assert.equal(table.bytes, 0);
});

test('keys that lie side by side in their values do not in the table', () => {
  const table = tableOf(1_000_000);
  const space = table.addSpace(ownerIn('shop'));
  for (let n = 0; n < 100_000; n += 1)
    table.set(space, keyOfAddress(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`), 1e9, 0);
  const began = performance.now();
  for (let n = 0; n < 100_000; n += 1) table.get(space, keyOfText('header', 'absent'));
  assert.ok(performance.now() - began < 5_000);
  assert.ok(table.bytes / table.size <= 64);
});

test('of a limit that is gone by then nothing is kept, and the others lose nothing', () => {
  const table = tableOf(10_000);
  const [gone, stays] = [table.addSpace(ownerIn('shop')), table.addSpace(ownerIn('shop'))];
  table.removeSpace(gone);
  table.set(gone, key(1), 1_000, 0);
  for (let n = 0; n < 5_000; n += 1) table.set(stays, key(n), 1_000, 0);
  table.sweep(0, 512);
  assert.equal(table.get(stays, key(7)), 1_000);
  table.sweep(2_000, 512);
  assert.equal(table.size, 0);
});

test('the functions of one namespace, however many, cannot push out what those of another have', () => {
  const table = tableOf(10_000);
  const rate = rateOf({ requests: 1, seconds: 60, burst: 1 });
  const calm = { space: table.addSpace(ownerIn('calm')), rate };
  for (let n = 0; n < 3_000; n += 1) ask(table, calm, n, 0);
  for (let of = 0; of < 200; of += 1) {
    const one = { space: table.addSpace(ownerIn('loud')), rate };
    for (let n = 0; n < 200; n += 1) ask(table, one, n, 1);
  }
  assert.equal(table.size, 10_000);
  assert.equal(calm.space.keys, 3_000);
  assert.ok(ask(table, calm, 99_999, 2), 'a new one of it is let through');
});
