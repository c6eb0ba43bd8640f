import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '#platform/time/clock.ts';
import { Backlog } from './client-reader.ts';
import type { ClientStream } from './client-stream.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { Listener } from './listener.ts';
import { CLIENT_LIMITS, plainServer } from './node-server.ts';

const BYTES = 32 * 1024 * 1024;
const nothing = () => undefined;

/** Answers each request at once with more than a connection holds. */
async function anOpenDoor(): Promise<{ door: Listener; port: number }> {
  const begin = (stream: ClientStream) => {
    stream.begin(200, []);
    stream.endWith('x'.repeat(BYTES), 'latin1');
  };
  const door = new Listener(plainServer(), 'http', {
    clock: systemClock,
    limits: CLIENT_LIMITS,
    connectionLimit: new ConnectionLimit(100),
    backlog: new Backlog(1e6),
    begin,
    refused: nothing,
  });
  return { door, port: await door.listen(0, '127.0.0.1') };
}

async function lengthOf(response: IncomingMessage): Promise<number> {
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  return length;
}

test('an answer that is on its way reaches its client, then the connection ends', async () => {
  const { door, port } = await anOpenDoor();
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  const closed = once(response.socket, 'close');
  const ended = door[Symbol.asyncDispose]();
  assert.equal(await lengthOf(response), BYTES);
  await closed;
  await ended;
});

test('an idle connection ends at once', async () => {
  const { door, port } = await anOpenDoor();
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  await lengthOf(response);
  const beforeMs = performance.now();
  await door[Symbol.asyncDispose]();
  assert.ok(performance.now() - beforeMs < 1_000);
});
