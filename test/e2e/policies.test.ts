import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition, observed } from '../support/world.ts';

const system = useSystem();
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

test('a refused request starts no pod, at none of the addresses of its function', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'closed', HELLO, { denyFrom: EVERYWHERE }));
  const answers = await Promise.all([
    ...Array.from({ length: 8 }, () => world.call(url)),
    world.call(world.gateway.base, { path: `/fn/${world.namespace}/closed/` }),
  ]);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([403]));
  assert.deepEqual(new Set(answers.map(({ headers }) => headers['x-catnap-error'])), new Set(['Forbidden']));
  assert.deepEqual(await world.pods(), []);
  assert.equal((await world.get('closed')).status?.replicas, 0);
});

test('a change of policies makes no revision, and holds at once', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'open', HELLO, { allowFrom: EVERYWHERE }));
  assert.equal((await world.call(url)).status, 200);
  const { revision } = (await world.get('open')).status ?? {};
  await world.apply(manifest(world.namespace, 'open', HELLO, { httpsOnly: true }));
  const after = await world.function('open', 'is looked at', observed);
  assert.equal(after.status?.revision, revision);
  const answer = await eventually('a gateway knows of the change', async () => {
    const one = await world.call(url, { path: '/a?b' });
    return one.status === 308 && one;
  });
  assert.equal(answer.headers.location, `https://${new URL(url).hostname}/a?b`);
});

test('what the API server lets in and means nothing is told, and the function is closed', async () => {
  await using world = await system.world();
  await world.apply(manifest(world.namespace, 'wrong', HELLO, { allowFrom: ['1::2::3'] }));
  const fn = await world.function('wrong', 'is told', (one) => condition(one, 'Ready')?.reason === 'PolicyInvalid');
  assert.match(String(condition(fn, 'RouteReady')?.message), /spec\.allowFrom\[0\]: "1::2::3"/);
  const answer = await eventually('a gateway knows of it', async () => {
    const one = await world.call(String(fn.status?.url));
    return one.status !== 404 && one;
  });
  assert.deepEqual([answer.status, answer.headers['x-catnap-error']], [403, 'PolicyInvalid']);
});
