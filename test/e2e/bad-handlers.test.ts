import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { Answer } from '../support/gateway.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const AWAKE = { scaling: { idleSeconds: 60 } };
/** Does what its path says, and answers `ok` otherwise. */
const HANDLER = `
  const does: Record<string, () => unknown> = {
    '/exit': () => process.exit(7),
    '/stray': () => { setTimeout(() => { throw new Error('nobody catches this'); }, 1); return new Promise(() => {}); },
    '/rejects': () => { void Promise.reject(new Error('nor this')); return new Promise(() => {}); },
    '/loop': () => { for (;;); },
  };
  export default (request: Request) => does[new URL(request.url).pathname]?.() ?? 'ok';`;

test('a handler that ends its process, again and again: 502 for its request, the others are answered', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'exits', HANDLER, AWAKE));
  assert.equal((await world.call(url)).text, 'ok');
  for (const round of [1, 2, 3]) {
    const exit = await world.call(url, { path: '/exit' });
    assert.equal(exit.status, 502, `round ${round}: ${exit.text}`);
    assert.equal(exit.headers['x-catnap-error'], 'ReplicaFailed');
    const next = await world.call(url);
    assert.equal(next.text, 'ok', `after round ${round}`);
  }
});

test('an error that nobody catches: 500 for the request it belongs to, the next one is answered', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'stray', HANDLER, AWAKE));
  for (const path of ['/stray', '/rejects']) {
    const failed = await world.call(url, { path });
    assert.equal(failed.status, 500, failed.text);
    assert.equal(failed.headers['x-catnap-error'], 'HandlerFailed');
    assert.equal((await world.call(url)).text, 'ok', `after ${path}`);
  }
});

test('a stack is shown where the function’s NODE_ENV is development, and it is production unless said otherwise', async () => {
  await using world = await system.world();
  const source = `export default (request: Request) => {
    if (request.url.endsWith('/env')) return process.env.NODE_ENV;
    throw new Error(String(process.env.NODE_ENV));
  };`;
  const failure = async (name: string, variables: { name: string; value: string }[]) => {
    const url = await world.deploy(manifest(world.namespace, name, source, { ...AWAKE, env: variables }));
    const env = (await world.call(url, { path: '/env' })).text;
    return { env, ...(JSON.parse((await world.call(url)).text) as { stack?: string }) };
  };
  const { env, stack } = await failure('in-production', []);
  assert.deepEqual([env, stack], ['production', undefined]);
  const shown = await failure('in-development', [{ name: 'NODE_ENV', value: 'development' }]);
  assert.match(shown.stack ?? '', /^Error: development\n {4}at .*\/function\/index\.ts:3:/);
});

/**
 * The answer to a request after one that stopped its replica. What gateways tell each other may be lost, as while a stream
 * between them is still to be opened: then each loses one request, and knows.
 */
async function callOnceKnown(world: World, url: string): Promise<Answer> {
  const answer = await world.call(url);
  return answer.headers['x-catnap-error'] === 'Timeout' ? world.call(url) : answer;
}

test('an endless loop: 504 for its request, and another replica answers the others', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'loops', HANDLER, { ...AWAKE, timeoutSeconds: 1 }));
  assert.equal((await world.call(url)).text, 'ok');
  const stuck = (await world.pods('loops'))[0]?.metadata?.uid;
  assert.equal((await world.call(url, { path: '/loop' })).headers['x-catnap-error'], 'Timeout');
  assert.equal((await callOnceKnown(world, url)).text, 'ok');
  assert.ok((await world.pods('loops')).some((pod) => pod.metadata?.uid !== stuck));
});

test('an endless loop in the only replica there may be: the wait in vain names it, and after a restart it answers again', async () => {
  await using world = await system.world();
  const only = {
    ...AWAKE,
    timeoutSeconds: 1,
    queue: { timeoutSeconds: 3 },
    scaling: { maxReplicas: 1, idleSeconds: 120 },
  };
  const url = await world.deploy(manifest(world.namespace, 'alone', HANDLER, only));
  assert.equal((await world.call(url)).text, 'ok');
  assert.equal((await world.call(url, { path: '/loop' })).headers['x-catnap-error'], 'Timeout');
  const waited = await callOnceKnown(world, url);
  assert.equal(waited.headers['x-catnap-error'], 'QueueTimeout');
  // Whichever the installation tells its callers: all of it, or a general sentence.
  assert.match(
    JSON.parse(waited.text).message,
    /its replica answered before and does not now|no room for this request in time/,
  );
  await eventually('it answers again', async () => (await world.call(url)).text === 'ok', 120_000);
  const [pod, ...others] = await world.pods('alone');
  assert.deepEqual(others, []);
  assert.equal(pod?.status?.containerStatuses?.[0]?.restartCount, 1);
});

test('a client that leaves while the function starts: its handler is never called', async () => {
  await using world = await system.world();
  const slow = `let calls = 0;
    export const init = () => new Promise((resolve) => setTimeout(resolve, 1000));
    export default () => String(++calls);`;
  const url = await world.deploy(manifest(world.namespace, 'left', slow, AWAKE));
  const client = new AbortController();
  const left = world.call(url, { signal: client.signal });
  await eventually('it starts', async () => (await world.pods('left')).length > 0);
  client.abort();
  await assert.rejects(left);
  assert.equal((await world.call(url)).text, '1');
});
