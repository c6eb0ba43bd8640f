import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from './places.ts';

const MIB = 2 ** 20;

for (const [perFunctionMib, most] of [
  [1, 8],
  [3, 2],
  [64, 1],
] as const)
  test(`of functions with ${perFunctionMib} MiB each, ${most} are sent at once: what is held in memory is bounded by size`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const places = new Places(perFunctionMib * MIB);
    const sending = Array.from({ length: most }, () => places.send('shop'));
    for (const one of await Promise.all(sending)) assert.ok(one !== undefined);
    const next = places.send('shop');
    t.mock.timers.tick(10_000);
    assert.equal(await next, undefined);
  });
