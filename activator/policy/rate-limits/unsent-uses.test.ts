import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnsentUses } from './unsent-uses.ts';
import { decodeUses, encodeUses, MOST_KEYS } from './use-records.ts';

/** Limits are named after their tenants. */
const tenantOf = (limit: string) => limit.split('/', 1)[0] ?? '';
const key = (low: number) => ({ high: 7, low });

test('what was let through of a key since it was told is told once, in full', () => {
  const unsent = new UnsentUses<string>(tenantOf);
  for (let i = 0; i < 5; i += 1) unsent.add('a', key(1), i > 2);
  unsent.add('a', key(2), false);
  assert.deepEqual(unsent.take(9), [
    {
      limit: 'a',
      uses: [
        { ...key(1), requests: 5 },
        { ...key(2), requests: 1 },
      ],
    },
  ]);
  assert.deepEqual(unsent.take(9), []);
  assert.equal(unsent.size, 0);
});

test('keys near their limit are told first, and limits in turn, whatever another one has', () => {
  const unsent = new UnsentUses<string>(tenantOf);
  for (let n = 0; n < 1_000; n += 1) unsent.add('many', key(n), false);
  unsent.add('many', key(5_000), true);
  unsent.add('few', key(1), false);
  const [first, second, third] = unsent.take(3);
  assert.equal(first?.uses[0]?.low, 5_000);
  assert.equal(first?.uses.length, MOST_KEYS);
  assert.deepEqual([second?.limit, second?.uses.length], ['few', 1]);
  assert.equal(third?.limit, 'many');
});

test('of more keys than there is room for the others learn nothing, but for those near their limit; it is counted', () => {
  const unsent = new UnsentUses<string>(tenantOf);
  for (let n = 0; n < 100_000; n += 1) unsent.add(`shop/limit-${n % 50}`, key(n), false);
  assert.equal(unsent.size, 16_384);
  assert.equal(unsent.dropped, 100_000 - 16_384);
  unsent.add('shop/limit-1', key(1e6), true);
  assert.equal(unsent.size, 16_384);
  const told = unsent.take(1_000).filter(({ limit }) => limit === 'shop/limit-1');
  assert.equal(told[0]?.uses[0]?.low, 1e6);
  for (let n = 0; n < 10_000; n += 1) unsent.add('one', key(n), false);
  assert.equal(unsent.size, 2_048);
  unsent.forget('one');
  assert.equal(unsent.size, 0);
});

test('keys arrive as they were sent; what is none does not', () => {
  const uses = Array.from({ length: MOST_KEYS }, (_, i) => ({ high: 0xffff_ffff, low: i, requests: i * 1e8 }));
  const text = encodeUses(uses);
  assert.ok(text.length <= 640);
  assert.deepEqual(
    decodeUses(text),
    uses.map((use) => ({ ...use, requests: Math.min(use.requests, 0xffff_ffff) })),
  );
  assert.equal(decodeUses(encodeUses([{ ...key(1), requests: 0.2 }]))?.[0]?.requests, 1);
  for (const wrong of ['', 'A', 'A'.repeat(15), 'A'.repeat(17), '='.repeat(16), `${text}${'A'.repeat(16)}`]) {
    assert.equal(decodeUses(wrong), undefined, wrong);
  }
});

test('a tenant with very many limits and keys neither takes the room of another nor makes it wait', () => {
  const unsent = new UnsentUses<string>(tenantOf);
  for (let of = 0; of < 2_000; of += 1) for (let n = 0; n < 10; n += 1) unsent.add(`loud/${of}`, key(n), true);
  unsent.add('calm/a', key(1), false);
  unsent.add('calm/b', key(1), false);
  const told = unsent.take(4).map(({ limit }) => limit);
  assert.deepEqual(told, ['loud/0', 'calm/a', 'loud/1', 'calm/b']);
  assert.ok(unsent.size <= 2 * 16_384, `${unsent.size}`);
  assert.equal(unsent.take(10_000).flatMap(({ uses }) => uses).length, 16_384 - 20);
  assert.equal(unsent.size, 0);
});
