/** From a client's request to the answer that it asks for later: gateway and dispatcher as processes, a function behind them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { ask } from '../../activator/testing/test-gateway.ts';
import { AsyncScene } from './async-scene.ts';

const LIMIT = { timeout: 120_000 };

test('what was accepted is delivered, and its client sees what became of it', LIMIT, async () => {
  await using scene = await AsyncScene.start();
  const { gateway, calls, state } = scene;
  state.answer = ({ body }, response) => void response.writeHead(201, { 'x-own': '1' }).end(`made ${body}`);
  const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-own': 'ü' };
  const accepted = await scene.send({ path: '/jobs?n=1', body: 'it', headers: { ...headers, 'x-request-id': 'mine' } });
  assert.equal(accepted.status, 202, accepted.body);
  const invocation = await scene.ended(accepted.path);
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
  await using scene = await AsyncScene.start({ async: { retry: { minBackoffSeconds: 1 } } });
  const { calls, state } = scene;
  state.answer = ({ headers }, response) =>
    void response.writeHead(headers['catnap-attempt'] === '1' ? 500 : 200).end('x');
  const second = await scene.ended((await scene.send()).path);
  assert.deepEqual([second.status, second.attempts, calls.length], ['done', 2, 2]);
  state.answer = (_call, response) => void response.writeHead(422).end('no');
  const buried = await scene.ended((await scene.send()).path);
  assert.deepEqual([buried.status, buried.response.status, calls.length], ['buried', 422, 3]);
});

test(
  'a request that comes again with its key is the first one; another one with that key is refused',
  LIMIT,
  async () => {
    await using scene = await AsyncScene.start();
    const { calls } = scene;
    const headers = { 'idempotency-key': 'order-7' };
    const first = await scene.send({ headers, body: 'a' });
    await scene.ended(first.path);
    const same = await scene.send({ headers, body: 'a' });
    assert.deepEqual([same.status, same.path, JSON.parse(same.body).status], [202, first.path, 'done']);
    const other = await scene.send({ headers, body: 'b' });
    assert.deepEqual([other.status, other.headers['x-catnap-error']], [422, 'IdempotencyKeyReused']);
    assert.equal(calls.length, 1);
  },
);

test(
  'without its dispatcher the gateway accepts nothing; once that is back it does, and what was accepted is there',
  LIMIT,
  async () => {
    await using scene = await AsyncScene.start();
    const { gateway, calls } = scene;
    const soon = new Date(Date.now() + 3_000).toISOString();
    const waits = await scene.send({ headers: { 'catnap-not-before': soon }, body: 'waits' });
    assert.equal(waits.status, 202);
    await scene.dispatcher.stop('SIGKILL');
    const refused = await scene.send({ body: 'lost' });
    assert.deepEqual([refused.status, refused.headers['x-catnap-error']], [503, 'AsyncUnavailable']);
    assert.equal((await ask(gateway.port, { path: waits.path })).status, 503);
    await scene.startDispatcher();
    assert.equal((await scene.send({ body: 'accepted' })).status, 202);
    assert.equal((await scene.ended(waits.path)).status, 'done');
    await until(() => calls.length === 2, 'both are delivered');
    assert.deepEqual(calls.map(({ body }) => body).toSorted(), ['accepted', 'waits']);
    assert.ok(Date.now() >= Date.parse(soon), 'not before its time');
  },
);

test('a burst is accepted to the last, and each of it is delivered once', LIMIT, async () => {
  await using scene = await AsyncScene.start({ async: { maxConcurrency: 50 } });
  const { calls } = scene;
  const COUNT = 500;
  const answers = await Promise.all(Array.from({ length: COUNT }, (__, i) => scene.send({ body: String(i) })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
  assert.equal(new Set(answers.map(({ path }) => path)).size, COUNT);
  await until(() => calls.length >= COUNT, 'all are delivered', 60_000);
  assert.equal(new Set(calls.map(({ body }) => body)).size, COUNT);
  const done = () => scene.dispatcher.metric('catnap_dispatcher_ended_total{outcome="done"}');
  await until(async () => (await done()) === COUNT, 'all are done', 20_000);
  assert.equal(calls.length, COUNT);
});
