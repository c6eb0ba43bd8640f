/** Work that nobody waits for: accepted by any gateway, kept on the dispatcher's volume, delivered, and told of. */
import assert from 'node:assert/strict';
import { dispatchedTests } from '../support/dispatched.ts';
import { eventually } from '../support/eventually.ts';
import type { Answer, GatewayClient } from '../support/gateway.ts';
import { oneAndOther } from '../support/gateway-pods.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();
const test = dispatchedTests(system);
const KILLED = { skip: !system.local && 'not checked: a dispatcher that is killed or stopped' };

/** Answers how many requests it has had, a moment after each came. */
const COUNTS = `let count = 0;
export default async (request) => {
  const mine = (count += 1);
  await new Promise((resolve) => setTimeout(resolve, Number(new URL(request.url).searchParams.get('ms') ?? 0)));
  return { count: mine, said: await request.text() };
};
`;
const ASYNC = { prefer: 'respond-async' };
const ONE_REPLICA = { minReplicas: 1, maxReplicas: 1 };

interface Told {
  status: string;
  attempts: number;
  response?: { status: number; body: string };
}

/** How the invocation of a 202 has ended. */
async function ended(gateway: Pick<GatewayClient, 'call'>, url: string, accepted: Answer): Promise<Told> {
  const path = String(accepted.headers.location);
  const ask = async () => {
    const { status, text } = await gateway.call(url, { path, headers: { prefer: 'wait=20' } });
    if (status !== 200) return false;
    const told = JSON.parse(text) as Told;
    return ['done', 'buried', 'cancelled'].includes(told.status) && told;
  };
  return await eventually(`${path} has ended`, ask, 90_000);
}

const answerOf = ({ response }: Told): { count: number; said: string } => JSON.parse(response?.body ?? '{}');

test('what one gateway has accepted for a sleeping function is delivered, and the other tells how it ended', async (t) => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'later', COUNTS, { async: {} }));
  const [one, other] = await oneAndOther(t, system, world);
  const accepted = await one.call(url, { method: 'POST', path: '/send', headers: ASYNC, body: 'hello' });
  assert.equal(accepted.status, 202, accepted.text);
  assert.equal(accepted.headers['preference-applied'], 'respond-async');
  const { id, status } = JSON.parse(accepted.text);
  assert.equal(accepted.headers.location, `/.catnap/invocations/${id}`);
  assert.equal(status, 'waiting');
  const told = await ended(other, url, accepted);
  assert.deepEqual(answerOf(told), { count: 1, said: 'hello' });
});

test('a dispatcher that is killed loses nothing and runs nothing twice', KILLED, async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'slow', COUNTS, { async: {}, scaling: ONE_REPLICA }));
  const requests = Array.from({ length: 20 }, (_, n) =>
    world.call(url, { method: 'POST', path: '/?ms=1500', headers: ASYNC, body: String(n) }),
  );
  const accepted = await Promise.all(requests);
  assert.deepEqual([...new Set(accepted.map(({ status }) => status))], [202]);
  await system.dispatcher.kill();
  const told = await Promise.all(accepted.map((one) => ended(world.gateway, url, one)));
  assert.deepEqual([...new Set(told.map(({ status }) => status))], ['done']);
  assert.equal(new Set(told.map((one) => answerOf(one).said)).size, 20);
  const last = await world.call(url, { method: 'POST' });
  assert.equal(JSON.parse(last.text).count, 21, 'each was handled once');
});

test(
  'without a dispatcher nothing is accepted, whoever waits is answered, and it goes on when it is back',
  KILLED,
  async () => {
    await using world = await system.world();
    const url = await world.deploy(manifest(world.namespace, 'both', COUNTS, { async: {}, scaling: ONE_REPLICA }));
    const send = () => world.call(url, { method: 'POST', headers: ASYNC, body: 'x' });
    await system.dispatcher.stop();
    try {
      const refused = await send();
      assert.equal(refused.status, 503, refused.text);
      assert.equal(JSON.parse(refused.text).error, 'AsyncUnavailable');
      assert.equal((await world.call(url)).status, 200);
    } finally {
      await system.dispatcher.start();
    }
    const accepted = await eventually('it is accepted', async () => {
      const answer = await send();
      return answer.status === 202 && answer;
    });
    assert.equal((await ended(world.gateway, url, accepted)).status, 'done');
  },
);

test('what was given up is told in the Function', async () => {
  await using world = await system.world();
  const source = `export default () => new Response('no', { status: 500 });`;
  const url = await world.deploy(manifest(world.namespace, 'broken', source, { async: { retry: { maxAttempts: 1 } } }));
  const accepted = await world.call(url, { method: 'POST', headers: ASYNC, body: 'x' });
  assert.equal(accepted.status, 202, accepted.text);
  const told = await ended(world.gateway, url, accepted);
  assert.deepEqual([told.status, told.attempts, told.response?.status], ['buried', 1, 500]);
  const condition = await eventually('the condition says so', async () => {
    const { status } = await world.get('broken');
    return status?.conditions?.find(({ type, status: is }) => type === 'Async' && is === 'False');
  });
  assert.match(condition.message, /1 invocation is buried/);
});
