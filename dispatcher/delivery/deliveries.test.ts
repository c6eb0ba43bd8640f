import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, until } from '#platform/testing/until.ts';
import { entryHead } from '../destinations/entry-head.ts';
import { readAnswer } from '../store/kept-answer.ts';
import { answering, type Handle, Held } from './testing/fake-gateway.ts';
import { startDispatcher } from './testing/test-deliveries.ts';

test('what was enqueued is delivered, and done with what the function answered', async () => {
  await using all = await startDispatcher(({ body }) => ({
    ...answering(201, {}, ['etag', '"1"']),
    body: `did ${body}`,
  }));
  const { system, dispatcher, gateway } = all;
  system.function('a', { timeoutMs: 5_000, maxResultBytes: 1_000 });
  const ids = system.enqueue('a', 3, { head: Buffer.from('{"method":"PUT"}') });
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done');
  const { head, request } = gateway.deliveries[0] as (typeof gateway.deliveries)[0];
  const { epoch, ...rest } = head;
  assert.ok(epoch > 0);
  const owner = { uid: 'a', namespace: 'one', name: 'a' };
  assert.deepEqual(rest, { id: 'a-1', ...owner, attempt: 1, timeoutMs: 5_000, maxAnswerBytes: 1_000 });
  assert.equal(request, '{"method":"PUT"}');
  const result = readAnswer(system.model.result('a-2') as Uint8Array);
  assert.deepEqual(result?.head, { status: 201, headers: ['etag', '"1"'], truncated: false });
  assert.equal(Buffer.from(result?.body ?? []).toString(), 'did a-2');
  await until(() => dispatcher.ended.length === 3, 'each is told once it is durable');
});

test('what is enqueued later is delivered once it is told', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  system.function('a');
  await dispatcher.deliveries.start();
  const ids = system.enqueue('a', 30);
  dispatcher.deliveries.wake('a');
  await dispatcher.become(ids, 'done');
});

test('what was not told is found within a minute', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  system.function('a');
  await dispatcher.deliveries.start();
  const ids = system.enqueue('a');
  await dispatcher.become(ids, 'done', 1_000);
  assert.ok(system.clock.nowMs() >= 60_000);
});

test('of one ordering key the next is delivered as soon as the one before has ended, however that was', async () => {
  await using all = await startDispatcher(({ body }) => answering(String(body) === 'a-2' ? 400 : 200));
  const { system, dispatcher, gateway } = all;
  system.function('a');
  await dispatcher.deliveries.start();
  const ids = system.enqueue('a', 4, { orderingKey: 'nightly' });
  dispatcher.deliveries.wake('a');
  await dispatcher.become([ids[0], ids[2], ids[3]] as string[], 'done');
  assert.deepEqual(gateway.ids, ids);
  assert.ok(system.clock.nowMs() < 1_000, `${system.clock.nowMs()}`);
});

test('what may not run before some time does not', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher, gateway } = all;
  system.function('a');
  const [later] = system.enqueue('a', 1, { notBeforeMs: system.wallMs() + 20_000 });
  const [now] = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become([now as string], 'done');
  await dispatcher.become([later as string], 'done', 500);
  assert.ok(system.clock.nowMs() >= 20_000, `${system.clock.nowMs()}`);
  assert.deepEqual(gateway.ids, [now, later]);
});

test('a function has no more deliveries at the same time than it allows', async () => {
  const finish: (() => void)[] = [];
  await using all = await startDispatcher(() => new Promise((resolve) => finish.push(() => resolve(answering(200)))));
  const { system, dispatcher } = all;
  system.function('a', { maxConcurrency: 3 });
  const ids = system.enqueue('a', 7);
  await dispatcher.deliveries.start();
  let most = 0;
  for (let done = 0; done < 7; done += 1) {
    await until(() => finish.length === Math.min(3, 7 - done), 'as many as there may be');
    most = Math.max(most, finish.length);
    finish.shift()?.();
    await until(() => dispatcher.ended.length === done + 1, 'one is done');
  }
  assert.equal(most, 3);
  await dispatcher.become(ids, 'done');
});

test('a function whose handlers never end leaves room for others', async () => {
  const handling: Handle = ({ head }) => (head.uid === 'hog' ? new Promise(() => undefined) : answering(200));
  await using all = await startDispatcher(handling);
  const { system, dispatcher, gateway } = all;
  system.function('hog', { maxConcurrency: 1_000 });
  system.function('b');
  system.enqueue('hog', 1_000);
  await dispatcher.deliveries.start();
  await until(() => gateway.deliveries.length > 300, 'the hog has what it may have');
  const ids = system.enqueue('b', 50);
  dispatcher.deliveries.wake('b');
  await dispatcher.become(ids, 'done');
  assert.equal(system.clock.nowMs(), 0, 'at once');
});

test('what the function fails is tried again after a while, as often as it may be, then given up', async () => {
  await using all = await startDispatcher(() => answering(500));
  const { system, dispatcher, gateway } = all;
  system.function('a', { maxAttempts: 3, minBackoffMs: 10_000, maxBackoffMs: 10_000 });
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'waiting');
  await dispatcher.become(ids, 'buried', 250);
  assert.deepEqual(
    gateway.deliveries.map(({ head }) => head.attempt),
    [1, 2, 3],
  );
  assert.ok(system.clock.nowMs() >= 10_000, 'two waits of half of ten seconds');
  assert.deepEqual(dispatcher.came, ['again', 'again', 'buried']);
  await until(() => dispatcher.ended.length === 1, 'its end is told');
  assert.match(system.model.entry(ids[0] as string)?.note ?? '', /answered 500 \(attempt 3, the last\)/);
});

test('Retry-After is waited for', async () => {
  let calls = 0;
  await using all = await startDispatcher(() => {
    calls += 1;
    return calls === 1 ? answering(429, {}, ['retry-after', '40']) : answering(200);
  });
  const { system, dispatcher } = all;
  system.function('a');
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'waiting');
  await dispatcher.become(ids, 'done', 250);
  assert.ok(system.clock.nowMs() >= 40_000, `${system.clock.nowMs()}`);
});

test('a request that the function refuses is given up at once', async () => {
  await using all = await startDispatcher(() => answering(422));
  const { system, dispatcher, gateway } = all;
  system.function('a');
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'buried');
  assert.equal(gateway.deliveries.length, 1);
  assert.equal(readAnswer(system.model.result(ids[0] as string) as Uint8Array)?.head.status, 422);
});

test('what is too old is given up without a call', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher, gateway } = all;
  system.function('a', { maxAgeMs: 60_000 });
  const ids = system.enqueue('a');
  system.clock.advance(60_000);
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'buried');
  assert.equal(gateway.deliveries.length, 0);
});

test('a function without room pauses as a whole, and is tried by one delivery at a time', async () => {
  let hasRoom = false;
  const full = answering(503, { by: 'gateway', code: 'QueueTimeout', started: false });
  await using all = await startDispatcher(() => (hasRoom ? answering(200) : full));
  const { system, dispatcher, gateway } = all;
  system.function('a', { maxConcurrency: 10, maxAttempts: 1 });
  system.function('b');
  const ids = system.enqueue('a', 200);
  await dispatcher.deliveries.start();
  await until(() => dispatcher.came.length === 10, 'all that were under way came back');
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000]) {
    const before = await settled(() => gateway.deliveries.length);
    system.clock.advance(pauseMs - 50);
    assert.equal(await settled(() => gateway.deliveries.length), before, `not within ${pauseMs} ms`);
    system.clock.advance(60);
    await until(() => dispatcher.came.length === before + 1, `a probe after ${pauseMs} ms`);
    assert.equal(await settled(() => gateway.deliveries.length), before + 1);
  }
  hasRoom = true;
  await dispatcher.become(ids, 'done', 1_000);
  assert.ok(!dispatcher.came.includes('buried'), 'none of that was an attempt');
});

test('while a function pauses, what does not come to it holds up no probe', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  system.function('a', { maxConcurrency: 10 });
  const [id] = system.enqueue('a') as [string];
  await dispatcher.deliveries.start();
  await until(() => held.size === 1, 'it is under way');
  const request = { method: 'POST', path: '/', headers: [], requestId: 'r' };
  const others = [
    ...system.enqueue('a', 10, { head: entryHead(request, { depth: 8 }) }),
    ...system.enqueue('a', 10, { head: entryHead(request, { depth: 1, url: 'http://10.0.0.1/' }) }),
  ];
  // So that they come before what is tried again.
  system.clock.advance(10);
  held.answer(answering(503, { by: 'gateway', code: 'QueueTimeout', started: false }));
  gateway.handle = () => answering(200);
  await until(() => dispatcher.came.length === 1, 'the function has no room');
  dispatcher.deliveries.wake('a');
  assert.equal(await settled(() => dispatcher.came.length), 1);
  system.clock.advance(1_000);
  // No more time passes: none of them is a probe.
  await dispatcher.become(others, 'buried');
  await dispatcher.become([id], 'done');
});

test('a drain waits for what is under way, and leases nothing more', async () => {
  const finish: (() => void)[] = [];
  await using all = await startDispatcher(() => new Promise((resolve) => finish.push(() => resolve(answering(200)))));
  const { system, dispatcher, gateway } = all;
  system.function('a', { maxConcurrency: 1 });
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => finish.length === 1, 'it is under way');
  const draining = dispatcher.deliveries.drain(new AbortController().signal);
  finish[0]?.();
  await draining;
  assert.deepEqual([system.state(ids[0]), system.state(ids[1])], ['done', 'waiting']);
  assert.equal(gateway.deliveries.length, 1);
});
