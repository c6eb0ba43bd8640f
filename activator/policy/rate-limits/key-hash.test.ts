import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { keyHash } from './key-hash.ts';
import type { LimitKey } from './limit-keys.ts';

const SIDE = 32;
/** Keys whose words differ in five bits each, from bit `at` of the one and `beside` of the other on. */
const keysThatDifferAt = (at: number, beside: number): LimitKey[] =>
  Array.from({ length: SIDE * SIDE }, (_, i) => ({
    high: ((i % SIDE) << at) >>> 0,
    low: (Math.floor(i / SIDE) << beside) >>> 0,
  }));

test('keys that are alike do not collide, in whatever bits they differ and whatever the seed is', () => {
  const random = seeded(3);
  const word = () => Math.floor(random() * 2 ** 32) | 0;
  for (let round = 0; round < 8; round += 1) {
    const seed = [word(), word() | 1] as const;
    for (const at of [0, 9, 18, 27]) {
      for (const beside of [0, 9, 18, 27]) {
        const keys = keysThatDifferAt(at, beside);
        const hashes = new Set(keys.map((key) => keyHash(seed, 7, key)));
        assert.ok(hashes.size >= keys.length - 3, `${at} ${beside}: ${hashes.size}`);
        // The bits that choose the part, and those that choose the slot.
        for (const part of [(hash: number) => hash & 511, (hash: number) => hash >>> 23]) {
          const loads = Map.groupBy(keys, (key) => part(keyHash(seed, 7, key)));
          const most = Math.max(...[...loads.values()].map((those) => those.length));
          assert.ok(most <= 14, `${at} ${beside}: ${most} of ${keys.length} in one of 512`);
        }
      }
    }
  }
});
