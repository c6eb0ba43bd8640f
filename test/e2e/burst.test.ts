import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();
const hundred = Array.from({ length: 100 }, (_, n) => n);

test('a hundred requests at once to a function at zero are all answered', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'burst', HELLO));
  const answers = await Promise.all(hundred.map((n) => world.call(url, { path: `/?name=${n}` })));
  assert.deepEqual(
    answers.map((a) => a.status),
    hundred.map(() => 200),
  );
  assert.deepEqual(
    answers.map((a) => JSON.parse(a.text).hello),
    hundred.map(String),
  );
});

test('with one replica that takes one request at a time each gateway answers in the order of arrival', async () => {
  await using world = await system.world();
  const counting = `let served = 0; export default () => String(served++);`;
  const spec = { concurrency: { limit: 1 }, scaling: { maxReplicas: 1 } };
  const url = await world.deploy(manifest(world.namespace, 'ordered', counting, spec));
  // Sent one after the other on connections of their own; each is in a gateway before the next is sent.
  const waiting = new Map<string, Promise<number>[]>();
  let before = await system.receivedByEach(world.namespace, 'ordered');
  for (const n of hundred.slice(0, 20)) {
    const answer = world.call(url).then((a) => Number(a.text));
    const now = await eventually(`request ${n} is with a gateway`, async () => {
      const seen = await system.receivedByEach(world.namespace, 'ordered');
      return [...seen].some(([gateway, count]) => count > (before.get(gateway) ?? 0)) && seen;
    });
    const [gateway] = [...now].find(([at, count]) => count > (before.get(at) ?? 0)) ?? [''];
    waiting.set(gateway, [...(waiting.get(gateway) ?? []), answer]);
    before = now;
  }
  const orders = await Promise.all([...waiting.values()].map((answers) => Promise.all(answers)));
  const inOrder = orders.map((order) => order.toSorted((a, b) => a - b));
  assert.deepEqual(orders, inOrder);
  assert.deepEqual(
    orders.flat().toSorted((a, b) => a - b),
    hundred.slice(0, 20),
  );
});

for (const maxReplicas of [3, 10]) {
  test(`a limit of one request per replica brings more replicas, up to ${maxReplicas}, and is never exceeded`, async () => {
    await using world = await system.world();
    const exclusive = `import { setTimeout as sleep } from 'node:timers/promises';
    let inside = 0;
    export default async () => {
      inside++;
      await sleep(50);
      const most = inside;
      inside--;
      return { most, pod: process.env.HOSTNAME ?? process.pid };
    };`;
    const spec = { concurrency: { limit: 1 }, scaling: { maxReplicas } };
    const url = await world.deploy(manifest(world.namespace, `exclusive-${maxReplicas}`, exclusive, spec));
    const answers = await Promise.all(hundred.map(() => world.call(url)));
    assert.deepEqual(
      answers.map((a) => a.status),
      hundred.map(() => 200),
    );
    const bodies = answers.map((a) => JSON.parse(a.text) as { most: number; pod: string | number });
    assert.deepEqual([...new Set(bodies.map((b) => b.most))], [1]);
    assert.ok(new Set(bodies.map((b) => b.pod)).size <= maxReplicas);
  });
}

test('the same with the operator stopped: the activator wakes and scales alone', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'alone', HELLO));
  await system.operator.stop();
  try {
    const answers = await Promise.all(hundred.map(() => world.call(url)));
    assert.deepEqual(
      answers.map((a) => a.status),
      hundred.map(() => 200),
    );
  } finally {
    await system.operator.start();
  }
  await world.asleep('alone');
});

test('a full queue answers 503 with Retry-After at once, and those who wait are still answered', async () => {
  await using world = await system.world();
  const slow = `import { setTimeout as sleep } from 'node:timers/promises';
    export default async () => { await sleep(500); return 'ok'; };`;
  const spec = { concurrency: { limit: 1 }, queue: { size: 2 }, scaling: { maxReplicas: 1 } };
  const url = await world.deploy(manifest(world.namespace, 'full', slow, spec));
  const answers = await Promise.all(hundred.slice(0, 10).map(() => world.call(url)));
  const refused = answers.filter((a) => a.status === 503);
  const answered = answers.filter((a) => a.status === 200);
  assert.equal(refused.length + answered.length, 10);
  assert.ok(answered.length >= 2, `${answered.length} answered`);
  assert.ok(refused.length > 0);
  assert.deepEqual([...new Set(refused.map((a) => a.headers['x-catnap-error']))], ['QueueFull']);
  assert.ok(refused.every((a) => Number(a.headers['retry-after']) > 0));
});
