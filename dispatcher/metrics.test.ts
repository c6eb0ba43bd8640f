import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '#platform/process/metrics.ts';
import { asyncPolicy } from './functions/async-policy.ts';
import { deliveryMetrics, dispatcherGauges } from './metrics.ts';

const totals = { accepted: 3, done: 1, buried: 0, cancelled: 0, redriven: 0 };
const space = { file: 10, free: 2, highWater: 12, diskFree: 100 };

type Store = Parameters<typeof dispatcherGauges>[1]['store'];

/** Names of the store's metrics that have a value. */
async function shown(stores: Store[]): Promise<string[]> {
  const registry = createRegistry();
  let at = 0;
  const store = () => (stores[Math.min(at++, stores.length - 1)] as Store)();
  dispatcherGauges(registry, { store, unaccounted: () => undefined, waits: () => 0 });
  let text = '';
  for (const _ of stores) text = await registry.metrics();
  const names = [...text.matchAll(/^catnap_dispatcher_(\w+)(?:\{.*\})? \d+$/gm)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => name !== 'status_waits').sort();
}

const OF_WORK = ['accepted_total', 'ended_total'];
const OF_FILE = ['disk_free_bytes', 'store_bytes', 'store_free_bytes', 'store_high_water_bytes'];

test('a store without a file has no metrics of one', async () => {
  assert.deepEqual(await shown([async () => ({ totals, functions: [] })]), OF_WORK);
  assert.deepEqual(await shown([async () => ({ totals, functions: [], space })]), [...OF_WORK, ...OF_FILE].sort());
});

test('what the store has never said is not there; what it said last stands', async () => {
  const fails = () => Promise.reject(new Error('away'));
  assert.deepEqual(await shown([fails]), []);
  assert.deepEqual(await shown([async () => ({ totals, functions: [] }), fails]), OF_WORK);
});

test('a delivery that ends after its Function is gone brings no series back', async () => {
  const registry = createRegistry();
  const known = new Set(['u']);
  const metrics = deliveryMetrics(registry, (uid) => known.has(uid));
  const owner = { uid: 'u', namespace: 'team', name: 'mail' };
  const policy = asyncPolicy(owner);
  const count = () => {
    metrics.delivered(policy, 'done', 1);
    metrics.told(policy, 'onSuccess', 'stored');
  };
  const series = async () => (await registry.metrics()).match(/function="mail"/g)?.length ?? 0;
  count();
  assert.equal(await series(), 2);
  known.delete('u');
  metrics.forget(owner);
  count();
  assert.equal(await series(), 0);
});
