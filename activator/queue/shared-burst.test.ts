import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { waitForMoreUntilMs } from '../balancing/contention.ts';
import { SimulatedGateway, SimulatedReplica } from '../testing/simulated-gateway.ts';

interface Burst {
  replicas: number;
  serviceMs: number;
  /** When the first replica comes, and how long after it the next one, each. */
  firstMs: number;
  everyMs: number;
}

const REQUESTS = 100;
const LIMIT = 10;
const SEEDS = Array.from({ length: 10 }, (_, n) => n + 1);

/** When the last of a hundred requests is answered that come at once, to so many gateways in turn, in milliseconds. */
function lastMs({ replicas, serviceMs, firstMs, everyMs }: Burst, gateways: number, seed: number): number {
  const clock = new TestClock();
  const random = seeded(seed);
  const backends = Array.from({ length: replicas }, () => {
    return new SimulatedReplica(clock, LIMIT, serviceMs * (1 + 0.1 * random()));
  });
  const parts = { clock, replicas: backends, limit: LIMIT, random, asksAgain: false };
  const all = Array.from({ length: gateways }, () => new SimulatedGateway(parts));
  for (const [i, gateway] of all.entries()) {
    gateway.ask(Math.floor((REQUESTS + i) / gateways));
    for (let n = 0; n < replicas; n += 1) {
      clock.after(firstMs + everyMs * n + 4 * random(), () => {
        const came = [{ answeredAtMs: clock.nowMs() }];
        gateway.see(n + 1, waitForMoreUntilMs(came, replicas - n - 1, serviceMs));
      });
    }
  }
  clock.advance(10_000);
  assert.equal(
    all.reduce((sum, { answered }) => sum + answered, 0),
    REQUESTS,
  );
  return Math.max(...all.map(({ answeredAtMs }) => answeredAtMs));
}

function meanMs(burst: Burst, gateways: number): number {
  return SEEDS.reduce((sum, seed) => sum + lastMs(burst, gateways, seed), 0) / SEEDS.length;
}

const BURSTS: Record<string, { burst: Burst; bar: number }> = {
  'slow requests that fit exactly, replicas one after the other': {
    burst: { replicas: 10, serviceMs: 500, firstMs: 80, everyMs: 30 },
    bar: 1.05,
  },
  'slow requests that fit exactly, replicas far apart': {
    burst: { replicas: 10, serviceMs: 500, firstMs: 300, everyMs: 60 },
    bar: 1.05,
  },
  'short requests in several rounds': { burst: { replicas: 5, serviceMs: 50, firstMs: 80, everyMs: 30 }, bar: 1.2 },
  'short requests in several rounds, replicas far apart': {
    burst: { replicas: 10, serviceMs: 50, firstMs: 200, everyMs: 100 },
    bar: 1.1,
  },
  'short requests in several rounds, replicas nearly at once': {
    burst: { replicas: 5, serviceMs: 50, firstMs: 150, everyMs: 5 },
    bar: 1.2,
  },
};

for (const [name, { burst, bar }] of Object.entries(BURSTS)) {
  test(`${name}: two and three gateways are done about as soon as one`, () => {
    for (const gateways of [2, 3]) {
      const ratio = meanMs(burst, gateways) / meanMs(burst, 1);
      assert.ok(ratio <= bar, `${gateways} gateways: ${ratio.toFixed(2)}`);
    }
  });
}
