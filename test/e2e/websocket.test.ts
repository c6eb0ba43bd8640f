import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { PODS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { type Manifest, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { World } from '../support/world.ts';

const system = useSystem();
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
};

function opened(world: World, url: string): Promise<[IncomingMessage, Socket]> {
  const headers = { host: new URL(url).host, ...UPGRADE };
  const sent = request(new URL('/', world.gateway.base), { headers, agent: false }).end();
  return once(sent, 'upgrade') as Promise<[IncomingMessage, Socket]>;
}

test('a WebSocket wakes its function, keeps it awake beyond idleSeconds, and lets it sleep when the client is gone', {
  skip: !system.local && 'not checked: the image may not speak WebSocket',
}, async () => {
  await using world = await system.world();
  const { spec, ...rest } = manifest(world.namespace, 'socket', '', { scaling: { idleSeconds: 1 } });
  const { source: _none, ...others } = spec;
  const url = await world.deploy({ ...rest, spec: { ...others, image: system.image } } as Manifest);
  const [response, socket] = await opened(world, url);
  assert.equal(response.headers['x-catnap-cold-start'], 'true');
  const other = await world.deploy(
    manifest(world.namespace, 'other', `export default () => 'ok';`, { scaling: { idleSeconds: 1 } }),
  );
  assert.equal((await world.call(other)).text, 'ok');
  await world.asleep('other');
  socket.write('ping');
  assert.equal(String((await once(socket, 'data'))[0]), 'ping');
  socket.destroy();
  await world.asleep('socket');
});

test('a source function takes a WebSocket from zero, and its pod closes it with 1001 when it leaves', async () => {
  await using world = await system.world();
  const source = `export default (request) => {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', ({ data }) => server.send('echo ' + data));
    return new Response(null, { status: 101, webSocket: client });
  };`;
  const url = await world.deploy(manifest(world.namespace, 'taker', source));
  const socket = new WebSocket(new URL('/', world.gateway.base.replace('http', 'ws')), {
    headers: { host: new URL(url).host },
  });
  // Both in one turn.
  const [[response]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [[IncomingMessage], []];
  assert.equal(response.headers['x-catnap-cold-start'], 'true');
  socket.send('ping');
  assert.equal(String((await once(socket, 'message'))[0]), 'echo ping');
  const [pod] = await world.pods('taker');
  const closed = once(socket, 'close') as Promise<[number, Buffer]>;
  await world.kube.delete(PODS, world.ref(pod?.metadata?.name ?? ''), { signal: world.soon() });
  const [code, reason] = await closed;
  assert.deepEqual([code, String(reason)], [1001, 'the replica is leaving; connect again']);
  await eventually('the pod is gone', async () => {
    const names = (await world.pods('taker')).map(({ metadata }) => metadata?.name);
    return !names.includes(pod?.metadata?.name);
  });
});

test('a source function answers the request for a WebSocket like any other', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'plain', `export default () => 'no sockets here';`));
  const sent = request(new URL('/', world.gateway.base), {
    headers: { host: new URL(url).host, ...UPGRADE },
    agent: false,
  });
  const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  assert.equal(String(await response.toArray().then(Buffer.concat)), 'no sockets here');
  await eventually('it was counted', async () => (await system.received(world.namespace, 'plain')) === 1);
});
