import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { replicaOf } from '../testing/replica.ts';

test('a handler whose client asked for a WebSocket wrongly hears that it is closed', async () => {
  await using replica = await replicaOf(`export default () => {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('close', ({ code }) => console.log('closed', code));
    return new Response(null, { status: 101, webSocket: client });
  }`);
  const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const request = http.get(await replica.origin(), { headers });
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  assert.equal(answer.statusCode, 400);
  answer.resume();
  await replica.line(({ msg }) => msg === 'closed 1006');
  await replica.idle();
});
