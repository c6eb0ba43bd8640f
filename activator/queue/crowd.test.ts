/** Many requests at once, of which some leave and some are too many. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { aFunction, ask, TestGateway, until } from '../testing/test-gateway.ts';

/** A request whose answer is not read; it may be cut off. */
function send(port: number, host: string, body?: string) {
  const sent = request({ port, host: '127.0.0.1', method: body === undefined ? 'GET' : 'POST', headers: { host } });
  sent.on('error', () => undefined).end(body);
  return sent;
}

const HELLO = 'hello.default.fn.example';

test('a thousand that wait and whose clients leave: none runs, and nothing is left of them', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 1 }, queue: { size: 1_000 } }));
  const traffic = gateway.traffic('hello');
  let ran = 0;
  let release = () => undefined as unknown;
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => {
    ran += 1;
    release = () => res.end();
  });
  const first = ask(gateway.port);
  await until(() => ran === 1, 'one runs');
  const waiting = Array.from({ length: 1_000 }, (_, i) =>
    send(gateway.port, HELLO, i % 2 === 0 ? undefined : 'x'.repeat(1_024)),
  );
  await until(() => traffic.waiting === 1_000, 'a thousand wait', 20_000);
  assert.equal(gateway.budget.bytes, 500 * 1_024);
  for (const one of waiting) one.destroy();
  await until(() => traffic.waiting === 0, 'nobody waits', 20_000);
  release();
  assert.equal((await first).status, 200);
  const { requests, functions, bytes } = gateway.budget;
  assert.deepEqual([traffic.inFlight, traffic.waiting, requests, functions, bytes], [0, 0, 0, 0, 0]);
  await until(() => gateway.gateway.open === 0, 'no request is open');
  assert.equal(ran, 1);
});

test('the bytes of bodies that wait for a function are bounded', async () => {
  await using gateway = await TestGateway.start({ errorDetail: true });
  gateway.putFunction(aFunction('hello', { queue: { maxBytes: '64Ki' } }));
  const traffic = gateway.traffic('hello');
  const body = 'x'.repeat(40_000);
  const one = send(gateway.port, HELLO, body);
  await until(() => traffic.waiting === 1, 'it waits');
  const refused = await ask(gateway.port, { method: 'POST', body });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['x-catnap-error'], 'QueueFull');
  assert.equal(refused.headers['retry-after'], '1');
  assert.match(JSON.parse(refused.body).message, /spec\.queue\.maxBytes/);
  one.destroy();
  await until(() => traffic.waiting === 0, 'its place is free');
});

test('a function that floods the gateway leaves room for others', async () => {
  await using gateway = await TestGateway.start({ bounds: { requests: 100, bytes: 1e9 } });
  gateway.putFunction(aFunction('flood'));
  gateway.putFunction(aFunction('hello'));
  const flood = gateway.traffic('flood');
  const floodHost = 'flood.default.fn.example';
  const sent = Array.from({ length: 100 }, () => send(gateway.port, floodHost));
  await until(() => flood.waiting === 100, 'the flood has all there is');
  const refused = await ask(gateway.port, { host: floodHost });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['x-catnap-error'], 'GatewayBusy');
  assert.equal(refused.headers['retry-after'], '1');
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('hello'));
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(gateway.port)));
  assert.ok(answers.every(({ status }) => status === 200));
  for (const one of sent) one.destroy();
  await until(() => gateway.budget.requests === 0, 'all are gone');
});

test('rejected requests keep their connections', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { queue: { size: 1 } }));
  const waiting = send(gateway.port, HELLO);
  await until(() => gateway.traffic('hello').waiting === 1, 'the queue is full');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers = [];
  for (let i = 0; i < 20; i += 1) answers.push(await ask(gateway.port, { agent, method: 'POST', body: 'pay' }));
  const seen = answers.map(({ status, headers }) => `${status} ${headers['x-catnap-error']} ${headers.connection}`);
  assert.deepEqual(new Set(seen), new Set(['503 QueueFull keep-alive']));
  agent.destroy();
  waiting.destroy();
});

test('a request to one function does not wait until all of another one’s flood is rejected', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('flood', { queue: { size: 1 } }));
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end('hello'));
  const floodHost = 'flood.default.fn.example';
  const waiting = send(gateway.port, floodHost);
  await until(() => gateway.traffic('flood').waiting === 1, 'the queue is full');
  await ask(gateway.port);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const flood = () => Array.from({ length: 256 }, () => ask(gateway.port, { host: floodHost, agent }));
  // The second time their connections are open, and all arrive at once.
  await Promise.all(flood());
  let turnedAway = 0;
  const all = flood().map((asked) =>
    asked.then(() => {
      turnedAway += 1;
    }),
  );
  await ask(gateway.port);
  assert.ok(turnedAway < 128, `${turnedAway} were turned away before`);
  await Promise.all(all);
  agent.destroy();
  waiting.destroy();
});
