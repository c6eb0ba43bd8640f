/** What the port for deliveries makes of those that are not the dispatcher, and of what is no delivery. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { DELIVERIES_PATH } from '#api/invocations.ts';
import { seeded } from '#platform/testing/seeded.ts';
import { DeliveryStage as Stage } from '../testing/test-delivery-stage.ts';
import {
  aDelivery,
  asked,
  dispatcherClaims,
  dispatcherToken,
  frameOf,
  SUBJECT,
  TestDispatcher,
} from '../testing/test-dispatcher.ts';
import { until } from '../testing/test-gateway.ts';
import { aToken, encoded, jwkOf, STRANGER } from '../testing/test-issuer.ts';

const now = Math.floor(Date.now() / 1000);
const [, PAYLOAD = '', SIGNATURE = ''] = dispatcherToken().split('.');
const BAD_TOKENS: [what: string, authorization: string | undefined][] = [
  ['none', undefined],
  ['an empty one', 'Bearer '],
  ['another scheme', `Basic ${dispatcherToken()}`],
  ['two', `Bearer ${dispatcherToken()} ${dispatcherToken()}`],
  ['no token', 'Bearer abc'],
  ['an expired one', `Bearer ${dispatcherToken({ exp: now - 61 })}`],
  ['one without an end', `Bearer ${dispatcherToken({ exp: undefined })}`],
  ['one of later', `Bearer ${dispatcherToken({ nbf: now + 3_600 })}`],
  ['one for other activators', `Bearer ${dispatcherToken({ aud: ['catnap-activator'] })}`],
  ['one for the dispatcher', `Bearer ${dispatcherToken({ aud: 'catnap-dispatcher' })}`],
  ['one for nobody', `Bearer ${dispatcherToken({ aud: undefined })}`],
  ['one of another account', `Bearer ${dispatcherToken({ sub: 'system:serviceaccount:default:default' })}`],
  ['one of an account that begins so', `Bearer ${dispatcherToken({ sub: `${SUBJECT}2` })}`],
  ['one of another issuer', `Bearer ${dispatcherToken({ iss: 'https://login.example' })}`],
  ['one without an issuer', `Bearer ${dispatcherToken({ iss: undefined })}`],
  ['one that a stranger has signed', `Bearer ${dispatcherToken({}, { key: STRANGER.privateKey })}`],
  ['one of a key that is not known', `Bearer ${dispatcherToken({}, { header: { alg: 'RS256', kid: 'other' } })}`],
  ['an unsigned one', `Bearer ${encoded({ alg: 'none', kid: 'rsa' })}.${PAYLOAD}.${SIGNATURE}`],
  ['one with another signature', `Bearer ${encoded({ alg: 'RS256', kid: 'rsa' })}.${PAYLOAD}.${encoded('x')}`],
  [
    'one that brings its key',
    `Bearer ${aToken({ claims: dispatcherClaims(), header: { alg: 'RS256', kid: 'x', jwk: jwkOf(STRANGER.publicKey) }, key: STRANGER.privateKey })}`,
  ],
];

test('without the dispatcher’s own token there is 401, whatever is asked for, and no more', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const frame = frameOf(aDelivery());
  for (const [what, authorization] of BAD_TOKENS) {
    for (const [method, path] of [
      ['POST', DELIVERIES_PATH],
      ['GET', DELIVERIES_PATH],
      ['GET', '/nothing'],
    ] as const) {
      const headers = authorization === undefined ? {} : { authorization };
      const { reply } = asked(
        request({ port: stage.port, host: '127.0.0.1', agent: false, method, path, headers }),
        method === 'POST' ? frame : undefined,
      );
      const { status, bytes } = await reply;
      assert.deepEqual([status, bytes.toString()], [401, '{"error":"bad_token"}'], `${what}: ${method} ${path}`);
    }
  }
  assert.deepEqual(stage.seen, []);
  await stage.metric(/catnap_activator_delivery_refusals_total\{reason="bad_token"\} 60\n/);
  const good = stage.dispatcher.deliver(aDelivery());
  (await stage.got()).answer(200);
  assert.equal((await good).answer.status, 200);
});

test('a token is good for as long as it says, and not because it was good before', async () => {
  await using stage = await Stage.start();
  // A minute is allowed for clocks that differ.
  using dispatcher = new TestDispatcher(stage.port, dispatcherToken({ exp: Math.floor(Date.now() / 1000) - 56 }));
  assert.equal((await dispatcher.ask('GET', DELIVERIES_PATH).reply).status, 200);
  const refused = async () => (await dispatcher.ask('GET', DELIVERIES_PATH).reply).status === 401;
  await until(refused, 'it is refused', 10_000);
});

test('while the API server gives no keys nothing is delivered, and it is said that this may pass', async () => {
  await using stage = await Stage.start();
  stage.cluster.keySet = undefined;
  assert.equal((await stage.dispatcher.ask('GET', DELIVERIES_PATH).reply).status, 503);
});

test('no frame, however broken, does more than to be refused', async () => {
  await using stage = await Stage.start({}, { queue: { timeoutSeconds: 1 } });
  const chance = seeded(7);
  const random = (below: number) => Math.floor(chance() * below);
  const whole = frameOf(aDelivery());
  const statuses = new Map<number, number>();
  const send = async (bytes: Buffer) => {
    const { status } = await stage.dispatcher.post(bytes).reply;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    // 409: the same id, of another function.
    assert.ok([200, 400, 409].includes(status), `${status} to ${bytes.toString('latin1').slice(0, 400)}`);
  };
  const broken: Buffer[] = [
    Buffer.alloc(0),
    Buffer.alloc(12),
    Buffer.concat([whole, whole]),
    Buffer.alloc(200_000, 0xff),
  ];
  for (let cut = 1; cut < whole.length; cut += 17) broken.push(whole.subarray(0, cut));
  for (let i = 0; i < 120; i += 1) {
    const bytes = Buffer.from(whole);
    for (let flips = 1 + random(3); flips > 0; flips -= 1) bytes[random(bytes.length)] = random(256);
    broken.push(bytes);
  }
  const heads: object[] = [
    { id: '../x' },
    { id: 5 },
    { epoch: -1 },
    { epoch: 1.5 },
    { epoch: '1' },
    { attempt: 0 },
    { timeoutMs: 0 },
    { timeoutMs: 1e12 },
    { maxAnswerBytes: -1 },
    { uid: '' },
    { namespace: 'x'.repeat(300) },
    { name: null },
  ];
  for (const head of heads) {
    const sent = aDelivery();
    broken.push(frameOf({ ...sent, head: { ...sent.head, ...head } }));
  }
  for (let at = 0; at < broken.length; at += 8) await Promise.all(broken.slice(at, at + 8).map(send));
  assert.ok((statuses.get(400) ?? 0) > 60, JSON.stringify([...statuses]));
  const large = await stage.dispatcher.post(Buffer.alloc(9 * 1024 * 1024 + 1)).reply.catch(() => undefined);
  assert.ok(large === undefined || large.status === 400);
  assert.equal((await stage.dispatcher.list()).length, 0);
  assert.equal(stage.activator.process.exitCode, null);
  await stage.metric(/^(?![\s\S]*catnap_activator_internal_errors_total\{)/);
});

test('connections that show no token do not keep the dispatcher out', async () => {
  await using stage = await Stage.start();
  const idle = Array.from({ length: 1_200 }, () => connect(stage.port, '127.0.0.1').on('error', () => undefined));
  for (const socket of idle) socket.resume();
  await until(() => idle.filter(({ destroyed }) => destroyed).length >= 150, 'the oldest are closed');
  assert.deepEqual(await stage.dispatcher.list(), []);
  for (const socket of idle) socket.destroy();
});
