import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { SimulatedGateway, SimulatedReplica } from '../testing/simulated-gateway.ts';

interface Load {
  replicas: number;
  limit: number;
  serviceMs: number;
  /** For each gateway, how many clients ask again as soon as they are answered. */
  clients: readonly number[];
  forMs: number;
}

interface Outcome {
  /** For each gateway. */
  answered: number[];
  longestWaitMs: number;
  most: number;
  refusals: number;
}

function simulate({ replicas, limit, serviceMs, clients, forMs }: Load): Outcome {
  const clock = new TestClock();
  const random = seeded(3);
  const backends = Array.from({ length: replicas }, () => new SimulatedReplica(clock, limit, serviceMs));
  const gateways = clients.map((count, i) => {
    const gateway = new SimulatedGateway({ clock, replicas: backends, limit, random, asksAgain: true });
    // One after the other: the first has all places when the second begins.
    clock.after(i * 100, () => {
      gateway.see(replicas);
      gateway.ask(count);
    });
    return gateway;
  });
  clock.advance(forMs);
  return {
    answered: gateways.map(({ answered }) => answered),
    longestWaitMs: Math.max(...gateways.map(({ longestWaitMs }) => longestWaitMs)),
    most: Math.max(...backends.map(({ most }) => most)),
    refusals: sum(backends.map(({ refusals }) => refusals)),
  };
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

const SCENES: Record<string, Load> = {
  'two gateways, three replicas of one place': {
    replicas: 3,
    limit: 1,
    serviceMs: 10,
    clients: [20, 20],
    forMs: 10_000,
  },
  'three gateways, one replica of one place': {
    replicas: 1,
    limit: 1,
    serviceMs: 10,
    clients: [20, 20, 20],
    forMs: 10_000,
  },
  'three gateways, three replicas of ten places': {
    replicas: 3,
    limit: 10,
    serviceMs: 20,
    clients: [60, 60, 60],
    forMs: 5_000,
  },
  'two gateways and handlers that take seconds': {
    replicas: 3,
    limit: 2,
    serviceMs: 2_000,
    clients: [20, 20],
    forMs: 200_000,
  },
  'two gateways and handlers that take a millisecond': {
    replicas: 3,
    limit: 1,
    serviceMs: 1,
    clients: [20, 20],
    forMs: 3_000,
  },
};

for (const [name, load] of Object.entries(SCENES)) {
  test(`${name}: each has its share, no place stands empty, none is taken twice`, () => {
    const { answered, most, refusals } = simulate(load);
    const alone = sum(simulate({ ...load, clients: load.clients.slice(0, 1) }).answered);
    const figures = `${answered.join(' and ')} answered, ${alone} by one gateway alone, ${refusals} turned away`;
    assert.equal(most, load.limit);
    assert.ok(Math.max(...answered) <= 2 * Math.min(...answered), figures);
    assert.ok(sum(answered) >= 0.9 * alone, figures);
    assert.ok(refusals <= 0.5 * sum(answered) + 200 * (load.forMs / 1_000), figures);
  });
}

test('a gateway with a single client beside a busy one waits in turn, not until the other is done', () => {
  const load = { replicas: 3, limit: 1, serviceMs: 10, clients: [50, 1], forMs: 10_000 };
  const { answered } = simulate(load);
  assert.ok((answered[1] ?? 0) > 300, `${answered.join(' and ')} answered`);
});

test('gateways that do not fill the replicas hardly notice each other', () => {
  const load = { replicas: 10, limit: 2, serviceMs: 10, clients: [5, 5], forMs: 5_000 };
  const { longestWaitMs } = simulate(load);
  assert.ok(longestWaitMs < 25, `${longestWaitMs} ms`);
});
