import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import WebSocket from 'ws';
import { until } from '#platform/testing/until.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();

test('timeouts: who begins late gets 504, a stream that stands still is cut, one that moves takes its time', async () => {
  await using world = await system.world();
  const source = `const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    export default async function (request: Request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/late') await wait(10_000);
      const pauses = pathname === '/still' ? [0, 10_000] : [400, 400, 400, 400, 400];
      return new Response((async function* () { for (const ms of pauses) { await wait(ms); yield new TextEncoder().encode('x'); } })());
    }`;
  const timeouts = { firstByteSeconds: 1, idleSeconds: 1 };
  const url = await world.deploy(manifest(world.namespace, 'timed', source, { timeouts }));
  const [late, moving] = await Promise.all([
    world.call(url, { path: '/late' }),
    world.call(url, { path: '/moving' }),
    assert.rejects(world.call(url, { path: '/still' })),
  ]);
  assert.deepEqual([late.status, late.headers['x-catnap-error']], [504, 'FirstByteTimeout']);
  assert.deepEqual([moving.status, moving.text], [200, 'xxxxx']);
});

test('a WebSocket outlives timeoutSeconds, and is closed with 1001 when nothing came for timeouts.idleSeconds', async () => {
  await using world = await system.world();
  const source = `export default () => {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', ({ data }) => server.send('echo ' + data));
    return new Response(null, { status: 101, webSocket: client });
  };`;
  const limits = { timeoutSeconds: 1, timeouts: { idleSeconds: 1 } };
  const url = await world.deploy(manifest(world.namespace, 'silent', source, limits));
  const socket = new WebSocket(new URL('/', world.gateway.base.replace('http', 'ws')), {
    headers: { host: new URL(url).host },
  });
  await once(socket, 'open');
  const closed = once(socket, 'close') as Promise<[number, Buffer]>;
  const openedAtMs = performance.now();
  await until(async () => {
    const aliveMs = performance.now() - openedAtMs;
    socket.send(String(aliveMs));
    assert.equal(String((await once(socket, 'message'))[0]), `echo ${aliveMs}`);
    return aliveMs > 1_600;
  }, 'it has outlived timeoutSeconds');
  const [code, reason] = await closed;
  assert.equal(code, 1001);
  assert.match(String(reason), /spec\.timeouts\.idleSeconds/);
});

test('maxBodyBytes: a larger body gets 413, whether it says so or not', async () => {
  await using world = await system.world();
  const source = 'export default async (request: Request) => String((await request.text()).length);';
  const url = await world.deploy(manifest(world.namespace, 'small', source, { maxBodyBytes: '1Ki' }));
  assert.equal((await world.call(url, { method: 'POST', body: 'x'.repeat(1024) })).text, '1024');
  const large = 'x'.repeat(1025);
  const announced = await world.call(url, { method: 'POST', body: large });
  const chunked = await world.call(url, { method: 'POST', body: Readable.from([large]) });
  for (const { status, headers } of [announced, chunked]) {
    assert.deepEqual([status, headers['x-catnap-error']], [413, 'BodyTooLarge']);
  }
});
