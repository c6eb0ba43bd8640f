import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Burst } from './testing/simulated-cluster.ts';
import { type SharedOutcome, SimulatedGateways } from './testing/simulated-gateways.ts';
import type { Hardware } from './testing/simulated-starts.ts';

const twoCores: Hardware = { nodes: 1, coresPerNode: 2, startCpuMs: 250, startIdleMs: 40, orderMs: 20 };
/** As measured on the bench's machine. */
const quickStarts: Hardware = { ...twoCores, startCpuMs: 62, startIdleMs: 16 };
const SEEDS = [2, 5, 9];
const ROUNDS = 4;
/** Under way between gateways, at most. */
const HINT_MS = 2;

const burstOf = (requestMs: number): Burst => ({ requests: 100, requestMs, perReplica: 10, maxReplicas: 100 });

interface Bursts {
  /** The 99th percentile of the bursts by two gateways over that of those by one. */
  ratio: number;
  /** Most replicas that a burst had. */
  one: number;
  two: number;
}

/** Bursts to one gateway and to two in turn, as the bench has them; what was learned stays. */
async function inTurn(
  hardware: Hardware,
  burst: Burst,
  { hintMs, seed }: { hintMs: number; seed: number },
): Promise<Bursts> {
  const cluster = new SimulatedGateways(hardware, burst, { gateways: 2, hintMs, seed });
  await cluster.burst(1);
  const one: SharedOutcome[] = [];
  const two: SharedOutcome[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    one.push(await cluster.burst(1));
    two.push(await cluster.burst());
  }
  const p99Ms = (outcomes: readonly SharedOutcome[]) => {
    const all = outcomes.flatMap(({ latenciesMs }) => latenciesMs).toSorted((a, b) => a - b);
    return all[Math.ceil(0.99 * all.length) - 1] ?? Number.NaN;
  };
  const most = (outcomes: readonly SharedOutcome[]) => Math.max(...outcomes.map(({ replicas }) => replicas));
  return { ratio: p99Ms(two) / p99Ms(one), one: most(one), two: most(two) };
}

for (const [name, hardware] of Object.entries({ 'quick starts': quickStarts, 'slow starts': twoCores })) {
  for (const requestMs of [50, 500]) {
    test(`${name}, requests of ${requestMs} ms: two gateways are done with a burst about as soon as one, each time`, async () => {
      for (const seed of SEEDS) {
        const { ratio } = await inTurn(hardware, burstOf(requestMs), { hintMs: HINT_MS, seed });
        assert.ok(ratio <= 1.2, `seed ${seed}: ${ratio.toFixed(2)}`);
      }
    });
  }
}

test('two gateways start no more replicas than one with all the requests, however late hints are', async () => {
  for (const hintMs of [HINT_MS, 300, 1_000]) {
    const all = await Promise.all(SEEDS.map((seed) => inTurn(quickStarts, burstOf(50), { hintMs, seed })));
    const most = Math.max(...all.map(({ one }) => one));
    // One more: what starts cost each other each gateway has learned for itself.
    for (const [n, { two }] of all.entries()) assert.ok(two <= most + 1, `seed ${SEEDS[n]}: ${two} over ${most}`);
  }
});
