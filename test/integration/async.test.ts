/** From a client's request to the answer that it asks for later: gateway and dispatcher as processes, a function behind them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { startBackend } from '../../activator/testing/test-backend.ts';
import { type AskOptions, aFunction, ask } from '../../activator/testing/test-gateway.ts';
import { Cluster, shown, startActivator } from '../../activator/testing/test-process.ts';
import { DISPATCHER_SUBJECT, DispatcherProcess, Tokens } from './dispatcher-process.ts';

const LIMIT = { timeout: 120_000 };
const LATER = { prefer: 'respond-async' };

interface Call {
  headers: IncomingMessage['headers'];
  url: string | undefined;
  body: string;
}

/** One that nothing listens at now, for what has to be known before it listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A cluster with the function `hello`, which answers as the test says, a gateway and its dispatcher. */
async function scene(async: object = {}) {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await Cluster.start([aFunction('hello', { async })]));
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  cluster.issuer = tokens.issuer;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-async-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const tokenFile = join(folder, 'gateway-token');
  await writeFile(tokenFile, tokens.ofGateway());
  const calls: Call[] = [];
  const state: { answer(call: Call, response: ServerResponse): void } = {
    answer: (_call, response) => void response.end('done'),
  };
  const backend = await startBackend('uid-of-pod-a', async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const call = { headers: request.headers, url: request.url, body };
    calls.push(call);
    state.answer(call, response);
  });
  stack.defer(() => backend.down());
  const intakePort = String(await freePort());
  const gateway = stack.use(
    await startActivator(cluster.url, {
      CATNAP_DISPATCHER_URL: `http://127.0.0.1:${intakePort}`,
      CATNAP_DISPATCHER_TOKEN_FILE: tokenFile,
      CATNAP_DELIVERY_PORT: '0',
      CATNAP_DISPATCHER_SUBJECT: DISPATCHER_SUBJECT,
    }),
  );
  const env = { CATNAP_INTAKE_PORT: intakePort, CATNAP_GATEWAY_URLS: `http://127.0.0.1:${gateway.deliveryPort}` };
  const startDispatcher = async () => {
    const dispatcher = stack.use(await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder, env }));
    await until(() => dispatcher.isReady(), 'the dispatcher is ready', 20_000);
    return dispatcher;
  };
  const dispatcher = await startDispatcher();
  cluster.showPod(shown(backend));
  const send = async (options: AskOptions = {}) => {
    const answer = await ask(gateway.port, { method: 'POST', ...options, headers: { ...LATER, ...options.headers } });
    return { ...answer, path: String(answer.headers.location) };
  };
  /** Once it has ended. */
  const ended = async (path: string) => {
    const { body } = await ask(gateway.port, { path, headers: { prefer: 'wait=30' } });
    return JSON.parse(body);
  };
  return { stack, gateway, dispatcher, startDispatcher, calls, state, send, ended };
}

test('what was accepted is delivered, and its client sees what became of it', LIMIT, async () => {
  const { stack, gateway, calls, state, send, ended } = await scene();
  await using _ = stack;
  state.answer = ({ body }, response) => void response.writeHead(201, { 'x-own': '1' }).end(`made ${body}`);
  const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-own': 'ü' };
  const accepted = await send({ path: '/jobs?n=1', body: 'it', headers: { ...headers, 'x-request-id': 'mine' } });
  assert.equal(accepted.status, 202, accepted.body);
  const invocation = await ended(accepted.path);
  assert.equal(invocation.status, 'done');
  assert.equal(invocation.id, JSON.parse(accepted.body).id);
  assert.deepEqual([invocation.response.status, invocation.response.body], [201, 'made it']);
  const response = await ask(gateway.port, { path: `${accepted.path}/response` });
  assert.deepEqual([response.status, response.headers['x-own'], response.body], [201, '1', 'made it']);
  const [call] = calls;
  assert.deepEqual([calls.length, call?.url, call?.body], [1, '/jobs?n=1', 'it']);
  const { authorization, cookie, prefer } = call?.headers ?? {};
  assert.deepEqual([authorization, cookie, prefer], [undefined, undefined, undefined]);
  assert.deepEqual([call?.headers['catnap-invocation-id'], call?.headers['catnap-attempt']], [invocation.id, '1']);
  // Its client sends it as UTF-8; Node takes each byte of a header for a character.
  const own = Buffer.from(headers['x-own']).toString('latin1');
  assert.deepEqual([call?.headers['x-request-id'], call?.headers['x-own']], ['mine', own]);
});

test('one that failed is tried again, and one that cannot succeed is buried; both are told', LIMIT, async () => {
  const { stack, calls, state, send, ended } = await scene({ retry: { minBackoffSeconds: 1 } });
  await using _ = stack;
  state.answer = ({ headers }, response) =>
    void response.writeHead(headers['catnap-attempt'] === '1' ? 500 : 200).end('x');
  const second = await ended((await send()).path);
  assert.deepEqual([second.status, second.attempts, calls.length], ['done', 2, 2]);
  state.answer = (_call, response) => void response.writeHead(422).end('no');
  const buried = await ended((await send()).path);
  assert.deepEqual([buried.status, buried.response.status, calls.length], ['buried', 422, 3]);
});

test(
  'a request that comes again with its key is the first one; another one with that key is refused',
  LIMIT,
  async () => {
    const { stack, calls, send, ended } = await scene();
    await using _ = stack;
    const headers = { 'idempotency-key': 'order-7' };
    const first = await send({ headers, body: 'a' });
    await ended(first.path);
    const same = await send({ headers, body: 'a' });
    assert.deepEqual([same.status, same.path, JSON.parse(same.body).status], [202, first.path, 'done']);
    const other = await send({ headers, body: 'b' });
    assert.deepEqual([other.status, other.headers['x-catnap-error']], [422, 'IdempotencyKeyReused']);
    assert.equal(calls.length, 1);
  },
);

test(
  'without its dispatcher the gateway accepts nothing; once that is back it does, and what was accepted is there',
  LIMIT,
  async () => {
    const { stack, gateway, dispatcher, startDispatcher, calls, send, ended } = await scene();
    await using _ = stack;
    const soon = new Date(Date.now() + 3_000).toISOString();
    const waits = await send({ headers: { 'catnap-not-before': soon }, body: 'waits' });
    assert.equal(waits.status, 202);
    await dispatcher.stop('SIGKILL');
    const refused = await send({ body: 'lost' });
    assert.deepEqual([refused.status, refused.headers['x-catnap-error']], [503, 'AsyncUnavailable']);
    assert.equal((await ask(gateway.port, { path: waits.path })).status, 503);
    await startDispatcher();
    assert.equal((await send({ body: 'accepted' })).status, 202);
    assert.equal((await ended(waits.path)).status, 'done');
    await until(() => calls.length === 2, 'both are delivered');
    assert.deepEqual(calls.map(({ body }) => body).toSorted(), ['accepted', 'waits']);
    assert.ok(Date.now() >= Date.parse(soon), 'not before its time');
  },
);

test('a burst is accepted to the last, and each of it is delivered once', LIMIT, async () => {
  const { stack, dispatcher, calls, send } = await scene({ maxConcurrency: 50 });
  await using _ = stack;
  const COUNT = 500;
  const answers = await Promise.all(Array.from({ length: COUNT }, (__, i) => send({ body: String(i) })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
  assert.equal(new Set(answers.map(({ path }) => path)).size, COUNT);
  await until(() => calls.length >= COUNT, 'all are delivered', 60_000);
  assert.equal(new Set(calls.map(({ body }) => body)).size, COUNT);
  const done = () => dispatcher.metric('catnap_dispatcher_ended_total{outcome="done"}');
  await until(async () => (await done()) === COUNT, 'all are done', 20_000);
  assert.equal(calls.length, COUNT);
});
