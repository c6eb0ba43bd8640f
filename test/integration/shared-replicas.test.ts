/** Several gateways in front of the same replicas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fleet } from './fleet.ts';

const EXCLUSIVE = `let inside = 0;
export default async () => {
  inside += 1;
  const now = inside;
  await new Promise((resolve) => setTimeout(resolve, 20));
  inside -= 1;
  return String(now);
}`;
const CLIENTS_EACH = 12;

interface Load {
  /** For each gateway that had clients. */
  answered: number[];
  /** What was answered other than 200, and how often. */
  failed: Map<string, number>;
  /** Most requests at once that a replica has seen. */
  most: number;
}

/** Clients that ask without a pause, so many at each of the first gateways. */
async function load(fleet: Fleet, gateways: number, forMs: number): Promise<Load> {
  const seen: Load = { answered: Array.from({ length: gateways }, () => 0), failed: new Map(), most: 0 };
  const endsAtMs = performance.now() + forMs;
  const client = async (gateway: number) => {
    while (performance.now() < endsAtMs) {
      const { status, body } = await fleet.ask(gateway);
      if (status === 200) seen.answered[gateway] = (seen.answered[gateway] ?? 0) + 1;
      else seen.failed.set(body, (seen.failed.get(body) ?? 0) + 1);
      seen.most = Math.max(seen.most, Number(body));
    }
  };
  await Promise.all(Array.from({ length: gateways * CLIENTS_EACH }, (_, i) => client(i % gateways)));
  return seen;
}

test('three gateways and three replicas of one place: fair shares, full use, never two at once', async (t) => {
  const spec = { concurrency: { limit: 1 }, scaling: { maxReplicas: 3 } };
  await using fleet = await Fleet.start({ gateways: 3, source: EXCLUSIVE, spec });
  for (let i = 0; i < 3; i += 1) await fleet.add();
  await fleet.answering(3);
  await load(fleet, 1, 300);
  const alone = await load(fleet, 1, 3_000);
  const together = await load(fleet, 3, 3_000);
  const total = together.answered.reduce((sum, count) => sum + count, 0);
  const figures = `${together.answered.join(', ')} answered; ${alone.answered[0]} by one gateway alone`;
  t.diagnostic(figures);
  assert.deepEqual([...together.failed, ...alone.failed], []);
  assert.equal(together.most, 1);
  assert.ok(Math.max(...together.answered) <= 2 * Math.min(...together.answered), figures);
  assert.ok(total >= 0.9 * (alone.answered[0] ?? 0), figures);
  assert.deepEqual(
    fleet.gateways.map((gateway) => gateway.traffic('hello').answering),
    [3, 3, 3],
  );
});
