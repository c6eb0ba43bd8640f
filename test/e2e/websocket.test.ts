import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
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
