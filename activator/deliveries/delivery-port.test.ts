/** The port for deliveries of the real process, as the dispatcher finds it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryStage as Stage, summary } from '../testing/test-delivery-stage.ts';
import { aDelivery, frameOf } from '../testing/test-dispatcher.ts';
import { ask, until } from '../testing/test-gateway.ts';

test('a delivery wakes its function, is told of itself, and gives back what the function answered', async () => {
  await using stage = await Stage.start();
  const sent = aDelivery({ attempt: 3 });
  const answer = stage.dispatcher.deliver(sent);
  await until(() => stage.cluster.scaleCalls.length > 0, 'the scale is asked for');
  stage.wake();
  const { url, headers, body, answer: reply } = await stage.got();
  assert.equal(url, '/job?n=1');
  assert.equal(body, 'work');
  assert.equal(headers['catnap-invocation-id'], sent.head.id);
  assert.equal(headers['catnap-attempt'], '3');
  assert.equal(headers['x-catnap-timeout-ms'], '10000');
  assert.equal(headers['x-request-id'], 'req-1');
  assert.equal(headers['x-forwarded-for'], '192.0.2.7');
  assert.equal(headers['content-length'], '4');
  assert.equal(headers.host, 'hello.default.fn.example');
  reply(201, 'done', { 'x-own': 'yes' });
  const { answer: head, ...rest } = await answer;
  assert.deepEqual(rest, { by: 'function', started: true, body: 'done' });
  assert.equal(head.status, 201);
  assert.equal(head.truncated, false);
  assert.equal(head.headers[head.headers.indexOf('x-own') + 1], 'yes');
  assert.ok(!head.headers.some((name) => /^(content-length|connection|transfer-encoding)$/i.test(name)));
  await stage.metric(/catnap_activator_requests_total\{[^}]*function="hello"[^}]*\} 1\n/);
  await stage.metric(/catnap_activator_deliveries\{state="kept"\} 0\n/);
  const line = () => stage.activator.lastLines.find((one) => one.includes('"msg":"request"')) ?? '{}';
  await until(() => line() !== '{}', 'it is logged');
  const { invocationId, attempt, path, client, requestId } = JSON.parse(line());
  assert.deepEqual([invocationId, attempt, path, client, requestId], [sent.head.id, 3, '/job', '192.0.2.7', 'req-1']);
});

test('policies are not asked again, and what clients say of deliveries does nothing at the public port', async () => {
  await using stage = await Stage.start({}, { access: [{ apiKeys: [{ name: 'a', sha256: 'a'.repeat(64) }] }] });
  stage.wake();
  assert.equal((await ask(stage.activator.port, { headers: { 'catnap-invocation-id': 'x' } })).status, 401);
  const answer = stage.dispatcher.deliver(aDelivery());
  (await stage.got()).answer(200, 'in');
  assert.equal((await answer).body, 'in');
});

test('a function that takes longer than its delivery may is cut off there, whatever its own limit is', async () => {
  await using stage = await Stage.start({}, { timeoutSeconds: 1, timeouts: { firstByteSeconds: 1 } });
  stage.wake();
  const long = stage.dispatcher.deliver(aDelivery({ timeoutMs: 20_000 }));
  const first = await stage.got();
  const short = stage.dispatcher.deliver(aDelivery({ timeoutMs: 300 }));
  assert.deepEqual(summary(await short), { by: 'gateway', code: 'Timeout', started: true, status: 504 });
  setTimeout(() => first.answer(200, 'late'), 1_500);
  assert.equal((await long).body, 'late');
});

test('a delivery goes on when its connection breaks, and its answer is kept until it is fetched', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const sent = aDelivery({ epoch: 4 });
  const { id } = sent.head;
  const broken = stage.dispatcher.post(frameOf(sent));
  const running = await stage.got();
  await stage.leave(broken);
  const [listed] = await stage.dispatcher.list();
  assert.deepEqual(
    [listed?.id, listed?.epoch, listed?.attempt, listed?.ended, listed?.uid],
    [id, 4, 1, false, 'uid-of-hello'],
  );
  const again = stage.dispatcher.attach(id, 4);
  running.answer(200, 'once');
  assert.equal((await again).body, 'once');
  await until(async () => (await stage.dispatcher.list()).length === 0, 'it is forgotten');
  assert.equal((await stage.dispatcher.attach(id, 4)).body, 'once', 'that it has arrived nothing says');
  await assert.rejects(stage.dispatcher.attach(id, 5), /404/);
  assert.equal(stage.seen.length, 1);
});

test('what a Trigger began is delivered and attached to by its id', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const id = 'shop/nightly@2026-03-29T01:00:00Z';
  const delivered = stage.dispatcher.deliver(aDelivery({ id, epoch: 4 }));
  const running = await stage.got();
  const attached = stage.dispatcher.attach(id, 4);
  await running.answer(200, 'once');
  assert.deepEqual([(await delivered).body, (await attached).body], ['once', 'once']);
  await assert.rejects(stage.dispatcher.deliver(aDelivery({ id: 'shop/nightly' })), /400/);
});

test('an answer that nobody waits for is kept, for its lease alone', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const sent = aDelivery();
  const broken = stage.dispatcher.post(frameOf(sent));
  const running = await stage.got();
  await stage.leave(broken);
  running.answer(500, 'failed');
  await until(async () => (await stage.dispatcher.list())[0]?.ended === true, 'it has ended');
  await assert.rejects(stage.dispatcher.attach(sent.head.id, 2), /404/);
  const kept = await stage.dispatcher.attach(sent.head.id, 1);
  assert.deepEqual(summary(kept), { by: 'function', code: undefined, started: true, status: 500 });
});

test('a delivery of what runs here already joins it, and one of an older lease does not', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const sent = aDelivery({ epoch: 7 });
  const first = stage.dispatcher.deliver(sent);
  const running = await stage.got();
  const newer = stage.dispatcher.deliver({ ...sent, head: { ...sent.head, epoch: 8 } });
  await until(async () => (await stage.dispatcher.list())[0]?.epoch === 8, 'the newer lease has it');
  const stale = await stage.dispatcher.post(frameOf(sent)).reply;
  assert.equal(stale.status, 409);
  running.answer(200, 'one run');
  assert.deepEqual([(await first).body, (await newer).body], ['one run', 'one run']);
  assert.equal(stage.seen.length, 1);
});

test('the next attempt of one that failed runs anew, also where its answer was not fetched', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const sent = aDelivery();
  const broken = stage.dispatcher.post(frameOf(sent));
  const running = await stage.got();
  await stage.leave(broken);
  running.answer(500, 'first');
  await until(async () => (await stage.dispatcher.list())[0]?.ended === true, 'it has ended');
  const unfetched = stage.dispatcher.post(frameOf({ ...sent, head: { ...sent.head, epoch: 2 } }));
  const { bytes } = await unfetched.reply;
  assert.ok(bytes.includes('first'));
  await until(async () => (await stage.dispatcher.list()).length === 0, 'it is fetched');

  const other = aDelivery();
  const cut = stage.dispatcher.post(frameOf(other));
  const second = await stage.got(2);
  await stage.leave(cut);
  second.answer(500, 'old');
  await until(async () => (await stage.dispatcher.list())[0]?.ended === true, 'it has ended');
  const next = stage.dispatcher.deliver({ ...other, head: { ...other.head, epoch: 2, attempt: 2 } });
  (await stage.got(3)).answer(200, 'new');
  assert.equal((await next).body, 'new');
});

test('what is done is not run again for its answer not having been fetched', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const sent = aDelivery();
  const broken = stage.dispatcher.post(frameOf(sent));
  const running = await stage.got();
  await stage.leave(broken);
  running.answer(200, 'done');
  await until(async () => (await stage.dispatcher.list())[0]?.ended === true, 'it has ended');
  const next = await stage.dispatcher.deliver({ ...sent, head: { ...sent.head, epoch: 2, attempt: 2 } });
  assert.equal(next.body, 'done');
  assert.equal(stage.seen.length, 1);
});

test('as many deliveries as a dispatcher has under way come in at once', async () => {
  await using stage = await Stage.start({}, { queue: { size: 1_000 } });
  const all = Array.from({ length: 500 }, () => stage.dispatcher.deliver(aDelivery()));
  await until(async () => (await stage.dispatcher.list()).length === 500, 'all are here', 20_000);
  stage.activator.process.kill('SIGTERM');
  const answers = (await Promise.all(all)).map((one) => `${one.code} ${one.started}`);
  assert.deepEqual([...new Set(answers)], ['GatewayUnavailable false']);
});

test('deliveries go over the connections that replicas have kept', async () => {
  await using stage = await Stage.start();
  const connections = stage.answerAll();
  stage.wake();
  const worker = async () => {
    for (let i = 0; i < 20; i += 1) assert.equal((await stage.dispatcher.deliver(aDelivery())).body, 'ok');
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  assert.ok(connections() <= 30, `${connections()} connections for 20 deliveries at a time`);
});

test('what the gateway answers itself says that no handler has begun, where that is certain', async () => {
  await using stage = await Stage.start({}, { queue: { timeoutSeconds: 1 }, maxBodyBytes: 8 });
  const notMine = await stage.dispatcher.deliver(aDelivery({ uid: 'uid-of-the-one-before' }));
  assert.deepEqual(summary(notMine), { by: 'gateway', code: 'FunctionNotFound', started: false, status: 404 });
  const unknown = await stage.dispatcher.deliver(aDelivery({ name: 'nothing' }));
  assert.deepEqual(summary(unknown), { by: 'gateway', code: 'FunctionNotFound', started: false, status: 404 });
  const large = await stage.dispatcher.deliver(aDelivery({}, {}, 'nine bytes'));
  assert.deepEqual(summary(large), { by: 'gateway', code: 'BodyTooLarge', started: false, status: 413 });
  const asleep = await stage.dispatcher.deliver(aDelivery());
  assert.deepEqual(summary(asleep), { by: 'gateway', code: 'QueueTimeout', started: false, status: 503 });
  const wrong = await stage.dispatcher.deliver(aDelivery({}, { path: '/.catnap/ready' }));
  assert.deepEqual(summary(wrong), { by: 'gateway', code: 'BadRequest', started: false, status: 400 });
  assert.deepEqual(stage.seen, []);
});

test('a replica that breaks off in the middle of its answer has begun, and what came of it is no answer', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const delivered = stage.dispatcher.deliver(aDelivery());
  (await stage.got()).breakOff('half');
  const answer = await delivered;
  assert.deepEqual(summary(answer), { by: 'gateway', code: 'ReplicaFailed', started: true, status: 502 });
  assert.equal(answer.body, '');
});

test('a replica that is full does not begin with it: the whole of a large body goes to the next one that has room', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const delivered = stage.dispatcher.deliver(aDelivery({}, {}, 'b'.repeat(1_000_000)));
  (await stage.got()).answer(503, '', { 'x-catnap-not-started': '1', 'x-catnap-full': '1' });
  const { body, answer } = await stage.got(2);
  assert.equal(body, 'b'.repeat(1_000_000));
  answer(200);
  assert.deepEqual(summary(await delivered), { by: 'function', code: undefined, started: true, status: 200 });
});

test('of a large answer as much comes back as is wanted, and a body of 8 MiB goes there whole', async () => {
  await using stage = await Stage.start();
  stage.wake();
  const large = stage.dispatcher.deliver(aDelivery({ maxAnswerBytes: 1_000 }, {}, 'b'.repeat(8 * 1024 * 1024)));
  const { body, answer } = await stage.got();
  assert.equal(body.length, 8 * 1024 * 1024);
  answer(200, Buffer.alloc(10_000_000, 'x'));
  const got = await large;
  assert.deepEqual([got.answer.truncated, got.body.length], [true, 1_000]);
  const whole = stage.dispatcher.deliver(aDelivery({ maxAnswerBytes: 1_000 }));
  (await stage.got(2)).answer(200, 'y'.repeat(1_000));
  assert.deepEqual([(await whole).answer.truncated, (await whole).body.length], [false, 1_000]);
});
