/** What clients can make the gateway hold of what is to be stored is bounded, and shared fairly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { dispatchedGateway, KeepingDispatcher } from '../testing/keeping-dispatcher.ts';
import { aFunction, ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire } from '../testing/test-wire.ts';

const always = (name: string) => aFunction(name, { async: { mode: 'Always' } });
const half = `POST / HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(500)}`;
const MIB = 1_048_576;
const isBusy = ({ text }: Wire) => text.includes('x-catnap-error: GatewayBusy');

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

test('clients that never finish their bodies are so many at most; another function still has its requests accepted', async () => {
  await using scene = await dispatchedGateway({ bounds: { requests: 100, bytes: 1e9 } });
  const { gateway, dispatcher } = scene;
  gateway.putFunction(always('hello'));
  gateway.putFunction(always('other'));
  const crowd = Array.from({ length: 150 }, () => new Wire(gateway.port).send(half));
  await until(() => crowd.filter(isBusy).length === 50, 'those beyond the bound are refused');
  assert.equal(gateway.budget.requests, 100);
  const other = await ask(gateway.port, { host: 'other.default.fn.example', method: 'POST', body: 'x' });
  assert.equal(other.status, 202);
  for (const { socket } of crowd) socket.destroy();
  await until(() => gateway.budget.requests === 0 && gateway.budget.bytes === 0, 'nothing is held');
  assert.equal(dispatcher.entries.length, 1);
});

test('bytes of bodies that are not whole count in the budget of the process', async () => {
  await using scene = await dispatchedGateway({ bounds: { requests: 10_000, bytes: 100_000 } });
  const { gateway } = scene;
  gateway.putFunction(always('hello'));
  gateway.putFunction(always('other'));
  const crowd = Array.from({ length: 300 }, () => new Wire(gateway.port).send(half));
  await until(() => crowd.filter(isBusy).length === 100, 'those beyond the bound are refused');
  assert.equal(gateway.budget.bytes, 100_000);
  const other = await ask(gateway.port, { host: 'other.default.fn.example', method: 'POST', body: 'x'.repeat(1_000) });
  assert.equal(other.status, 202);
  for (const { socket } of crowd) socket.destroy();
  await until(() => gateway.budget.requests === 0 && gateway.budget.bytes === 0, 'nothing is held');
});

test('what waits for the dispatcher counts too, its headers with it', async () => {
  await using scene = await dispatchedGateway();
  const { gateway, dispatcher } = scene;
  gateway.putFunction(always('hello'));
  const open: (() => void)[] = [];
  dispatcher.onEntries = (entries, response) => {
    open.push(() => response.end(JSON.stringify(entries.map(() => ({ outcome: 'accepted' })))));
  };
  const headers = { 'x-large': 'y'.repeat(10_000) };
  const asked = Array.from({ length: 10 }, () =>
    ask(gateway.port, { method: 'POST', body: 'x'.repeat(1_000), headers }),
  );
  await until(() => gateway.budget.bytes > 110_000, 'all of them count');
  await until(() => open.length === 3, 'three are on their way');
  for (let i = 0; i < 4; i += 1) {
    await until(() => open.length > i, 'the next is on its way');
    open[i]?.();
  }
  assert.ok((await Promise.all(asked)).every(({ status }) => status === 202));
  await until(() => gateway.budget.bytes === 0, 'nothing is held');
});

test('a body in pieces of one byte takes little more memory than it is long', async () => {
  await using scene = await dispatchedGateway();
  const { gateway } = scene;
  gateway.putFunction(always('hello'));
  const head = `POST / HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: chunked\r\n\r\n`;
  const crowd = Array.from({ length: 20 }, () => new Wire(gateway.port).send(head));
  collectGarbage();
  const before = process.memoryUsage();
  const PIECES = 20_000;
  for (const wire of crowd) wire.send('1\r\nx\r\n'.repeat(PIECES));
  await until(() => gateway.budget.bytes === crowd.length * PIECES, 'all of it is here', 20_000);
  collectGarbage();
  const after = process.memoryUsage();
  const grownMib = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 1024 / 1024;
  assert.ok(grownMib < 20, `${grownMib} MiB for ${(crowd.length * PIECES) / 1024 / 1024}`);
  for (const wire of crowd) wire.send('0\r\n\r\n');
  await Promise.all(crowd.map((wire) => wire.until(/^HTTP\/1\.1 202/)));
  assert.equal(scene.dispatcher.entries.at(-1)?.body, 'x'.repeat(PIECES));
  for (const wire of crowd) wire.socket.destroy();
});

test('answers that clients ask for and do not read count as what the process holds; others still get theirs', async () => {
  const bounds = { requests: 10_000, bytes: 32 * MIB };
  await using scene = await dispatchedGateway({ bounds });
  const { gateway, dispatcher } = scene;
  for (const name of ['hello', 'other']) gateway.putFunction(aFunction(name, { async: {} }));
  const id = '018bcfe5-6800-7abc-8def-0123456789ab';
  const response = { status: 200, headers: [], truncated: false };
  // As JSON it is six times as long.
  const body = '\x01'.repeat(MIB);
  let asked = 0;
  dispatcher.onStatus = ({ searchParams }, answer) => {
    asked += 1;
    answer.end(KeepingDispatcher.status({ id, response }, searchParams.get('uid') === 'uid-of-hello' ? body : 'small'));
  };
  const path = `/.catnap/invocations/${id}`;
  const crowd = Array.from({ length: 40 }, () => new Wire(gateway.port));
  for (const { socket } of crowd) socket.pause();
  for (const one of crowd) one.send(`GET ${path} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
  await until(() => asked === 40 && gateway.budget.requests === 0, 'all are answered, or refused', 30_000);
  assert.ok(gateway.budget.bytes > bounds.bytes / 2, `${gateway.budget.bytes} bytes are counted`);
  assert.ok(gateway.budget.bytes <= bounds.bytes, `${gateway.budget.bytes} bytes`);
  assert.equal((await ask(gateway.port, { host: 'other.default.fn.example', path })).status, 200);
  for (const { socket } of crowd) socket.destroy();
  await until(() => gateway.budget.bytes === 0, 'nothing is held');
});
