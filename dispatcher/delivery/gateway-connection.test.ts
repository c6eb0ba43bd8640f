import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CredentialFile } from '#platform/access/credential-file.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { GatewayConnection } from './gateway-connection.ts';
import { Parcel } from './parcel.ts';
import { answering, FakeGateway } from './testing/fake-gateway.ts';

const { signal } = new AbortController();
const ask = { withinMs: 60_000, maxAnswerBytes: 1_000, signal };

async function connected() {
  const stack = new AsyncDisposableStack();
  const clock = new TestClock();
  const gateway = stack.use(await FakeGateway.start(() => answering(200)));
  const connection = stack.use(new GatewayConnection(gateway.url, undefined, clock));
  return { clock, gateway, connection, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('an answer that does not begin in time is late', async () => {
  await using all = await connected();
  const { clock, gateway, connection } = all;
  let asked = 0;
  gateway.raw = () => {
    asked += 1;
    return true;
  };
  const reply = connection.attach('a', 1, ask);
  await until(() => asked === 1, 'it was asked');
  clock.advance(59_999);
  assert.equal(clock.pending, 1);
  clock.advance(1);
  assert.deepEqual(await reply, { kind: 'late' });
  assert.equal(clock.pending, 0, 'no timer is left');
});

test('an answer that begins and does not end in time is none', async () => {
  await using all = await connected();
  const { clock, gateway, connection } = all;
  gateway.raw = (_, response) => {
    response.writeHead(200).write('x');
    return true;
  };
  const kinds: string[] = [];
  connection.attach('a', 1, ask).then(({ kind }) => kinds.push(kind));
  await until(() => {
    clock.advance(500);
    return kinds.length > 0;
  }, 'its time is over');
  assert.deepEqual(kinds, ['garbled']);
  assert.ok(clock.nowMs() >= 30_000);
  assert.equal(clock.pending, 0);
});

test('what was given up is asked no more', async () => {
  await using all = await connected();
  const { clock, gateway, connection } = all;
  gateway.raw = () => true;
  const stop = new AbortController();
  const reply = connection.attach('a', 1, { ...ask, signal: stop.signal });
  await until(async () => (await gateway.connections) === 1, 'it is asked');
  stop.abort();
  assert.equal((await reply).kind, 'lost');
  assert.equal((await connection.attach('a', 1, { ...ask, signal: stop.signal })).kind, 'lost');
  assert.equal(clock.pending, 0);
});

test('the bytes of a delivery are let go of once they are sent, long before the answer', async () => {
  await using all = await connected();
  const { gateway, connection } = all;
  gateway.handle = () => new Promise(() => undefined);
  let gone = 0;
  const parcel = new Parcel([Buffer.alloc(1_048_576), Buffer.alloc(10)], () => {
    gone += 1;
  });
  const stop = new AbortController();
  const reply = connection.post(parcel, { ...ask, signal: stop.signal });
  await until(() => gone === 1, 'it was sent');
  assert.deepEqual(parcel.take(), []);
  stop.abort();
  await reply;
  assert.equal(gone, 1, 'that is said once');
});

test('what never was sent is let go of too', async () => {
  await using all = await connected();
  const { gateway, connection } = all;
  await gateway.kill();
  let gone = 0;
  const parcel = new Parcel([Buffer.alloc(10)], () => {
    gone += 1;
  });
  assert.equal((await connection.post(parcel, ask)).kind, 'unreachable');
  assert.equal(gone, 1);
});

test('a connection is kept for the next delivery', async () => {
  await using all = await connected();
  const { gateway, connection } = all;
  for (let number = 0; number < 3; number += 1) await connection.running(signal);
  assert.equal(await gateway.connections, 1);
});

test('each request has the token of the file, and one that was refused is read anew', async () => {
  await using all = await connected();
  const { clock, gateway } = all;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-token-'));
  const file = join(folder, 'token');
  await writeFile(file, 'one\n');
  using connection = new GatewayConnection(gateway.url, new CredentialFile(file), clock);
  const seen: (string | undefined)[] = [];
  gateway.raw = (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401).end();
    return true;
  };
  assert.deepEqual(await connection.attach('a', 1, ask), { kind: 'refused', status: 401, retryAfter: undefined });
  await writeFile(file, 'two');
  await connection.attach('a', 1, ask);
  await rm(folder, { recursive: true });
  assert.deepEqual(seen, ['Bearer one', 'Bearer two']);
});

test('without the token that there should be nothing is sent', async () => {
  await using all = await connected();
  const { clock, gateway } = all;
  using connection = new GatewayConnection(gateway.url, new CredentialFile('/nowhere/token'), clock);
  assert.equal((await connection.attach('a', 1, ask)).kind, 'unreachable');
  await assert.rejects(connection.running(signal));
});

test('a token that cannot be sent reaches no gateway, and the bytes of the delivery are let go of', async () => {
  await using all = await connected();
  const { clock, gateway } = all;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-token-'));
  const file = join(folder, 'token');
  await writeFile(file, 'one\ntwo');
  using connection = new GatewayConnection(gateway.url, new CredentialFile(file), clock);
  let gone = 0;
  const parcel = new Parcel([Buffer.alloc(10)], () => {
    gone += 1;
  });
  const reply = await connection.post(parcel, ask);
  await rm(folder, { recursive: true });
  assert.equal(reply.kind, 'unreachable');
  assert.ok(!JSON.stringify(reply).includes('two'), 'the token is not told');
  assert.equal(gone, 1);
  assert.equal(clock.pending, 0);
});

test('an id is no path', async () => {
  await using all = await connected();
  const { gateway, connection } = all;
  const seen: (string | undefined)[] = [];
  gateway.raw = (request, response) => {
    seen.push(request.url);
    response.writeHead(404).end();
    return true;
  };
  assert.deepEqual(await connection.attach('../x?y#z', 1, ask), { kind: 'unknown' });
  assert.deepEqual(seen, ['/v1/deliveries/..%2Fx%3Fy%23z?epoch=1']);
});
