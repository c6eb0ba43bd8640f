import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allAtOnce,
  type Burst,
  type Hardware,
  onTicks,
  SimulatedCluster,
  type Strategy,
} from './testing/simulated-cluster.ts';
import { inWaves } from './testing/waves.ts';

const oneCore: Hardware = { nodes: 1, coresPerNode: 1, startCpuMs: 250, startIdleMs: 40, orderMs: 20 };
const twoCores: Hardware = { ...oneCore, coresPerNode: 2 };
const manyNodes: Hardware = { nodes: 50, coresPerNode: 4, startCpuMs: 300, startIdleMs: 500, orderMs: 100 };
const slowOnMany: Hardware = { ...manyNodes, startCpuMs: 1_000, startIdleMs: 4_000 };

const burstOf = (requestMs: number, requests = 100): Burst => ({
  requests,
  requestMs,
  perReplica: 10,
  maxReplicas: 100,
});
const SEEDS = [1, 2, 3, 4, 5];
const KNOWN_AFTER = 5;

/** The 99th percentile of the burst that follows some others, as the mean over several clusters. */
function p99Ms(hardware: Hardware, burst: Burst, strategy: () => Strategy, before = KNOWN_AFTER): number {
  const all = SEEDS.map((seed) => {
    const cluster = new SimulatedCluster(hardware, seed);
    for (let n = 0; n < before; n += 1) cluster.burst(burst, strategy());
    const { latenciesMs } = cluster.burst(burst, strategy());
    return latenciesMs[Math.ceil(0.99 * latenciesMs.length) - 1] ?? Number.NaN;
  });
  return all.reduce((sum, ms) => sum + ms, 0) / all.length;
}

const atOnce = () => allAtOnce;

for (const [requestMs, bar] of [
  [50, 0.6],
  [500, 1.0],
] as const) {
  for (const [name, hardware] of Object.entries({ 'one core': oneCore, 'two cores': twoCores })) {
    test(`on ${name} a burst of requests of ${requestMs} ms is over in ${bar} of the time that all at once take`, () => {
      const burst = burstOf(requestMs);
      const ratio = p99Ms(hardware, burst, inWaves) / p99Ms(hardware, burst, atOnce, 0);
      assert.ok(ratio <= bar, ratio.toFixed(2));
    });
  }
}

test('the first burst of a function of which nothing is known is hardly worse on two cores', () => {
  for (const requestMs of [5, 50, 200, 500, 2_000]) {
    const ratio = p99Ms(twoCores, burstOf(requestMs), inWaves, 0) / p99Ms(twoCores, burstOf(requestMs), atOnce, 0);
    assert.ok(ratio <= 1.1, `${requestMs} ms: ${ratio.toFixed(2)}`);
  }
});

test('on many nodes slow requests are answered as soon as with all at once, once they are known', () => {
  for (const hardware of [manyNodes, slowOnMany]) {
    for (const requests of [100, 1_000]) {
      const burst = burstOf(2_000, requests);
      const ratio = p99Ms(hardware, burst, inWaves) / p99Ms(hardware, burst, atOnce, 0);
      assert.ok(ratio <= 1.1, `${requests}: ${ratio.toFixed(2)}`);
    }
  }
});

test('ahead of one that looks each two seconds', () => {
  for (const hardware of [twoCores, manyNodes]) {
    for (const requestMs of [50, 500]) {
      const burst = burstOf(requestMs);
      assert.ok(p99Ms(hardware, burst, inWaves) < p99Ms(hardware, burst, onTicks, 0));
    }
  }
});

test('where always as many start, it is found out in time that starts cost each other nothing', () => {
  const cluster = new SimulatedCluster(slowOnMany, 1);
  for (let n = 0; n < 40; n += 1) cluster.burst(burstOf(500), inWaves());
  assert.ok(cluster.learned.parallelCost < 0.06, String(cluster.learned.parallelCost));
});
