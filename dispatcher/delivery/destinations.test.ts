import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { CALL_MS } from '../destinations/url-delivery.ts';
import { readAnswer } from '../store/kept-answer.ts';
import { answering, type FakeDelivery, type Handle } from './testing/fake-gateway.ts';
import { startDispatcher } from './testing/test-deliveries.ts';

const SHORT = { minBackoffMs: 1_000, maxBackoffMs: 1_000, maxAttempts: 2 };
const HEAD = Buffer.from(JSON.stringify({ method: 'PUT', path: '/a?b=1', headers: ['X-One', '1'], requestId: 'r' }));
const eventOf = ({ body }: FakeDelivery) => JSON.parse(body.toString('utf8'));
const namesOf = (deliveries: readonly FakeDelivery[]) => deliveries.map(({ head }) => head.name);

async function anAddress(answer: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret/path`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Ids of the entries of a function that are there, the newest first. */
type System = Awaited<ReturnType<typeof startDispatcher>>['system'];
const idsOf = (system: System, uid: string) => system.model.list({ uid }).entries.map(({ id }) => id);
const newest = (system: System, uid: string) => system.model.list({ uid }).entries[0];

test('what one function did is an event for the next, and what that did for the third', async () => {
  const handle: Handle = ({ head }) => ({
    ...answering(200, {}, ['content-type', 'text/plain']),
    body: `by ${head.name}`,
  });
  await using all = await startDispatcher(handle);
  const { system, dispatcher, gateway } = all;
  system.function('a', { onSuccess: { function: 'b' } });
  system.function('b', { onSuccess: { function: 'c' } });
  system.function('c');
  const [id] = system.enqueue('a', 1, { head: HEAD });
  await dispatcher.deliveries.start();
  await until(() => namesOf(gateway.deliveries).join() === 'a,b,c', 'all three were called, in their order');
  const [, second, third] = gateway.deliveries as [FakeDelivery, FakeDelivery, FakeDelivery];
  const { time, ...event } = eventOf(second);
  assert.ok(!Number.isNaN(Date.parse(time)));
  assert.deepEqual(event, {
    specversion: '1.0',
    id: `${id}/onSuccess`,
    source: '/apis/catnap.dev/v1alpha1/namespaces/one/functions/a',
    type: 'dev.catnap.invocation.succeeded',
    subject: 'a',
    datacontenttype: 'application/json',
    data: {
      invocation: id,
      request: { method: 'PUT', path: '/a?b=1', headers: { 'x-one': ['1'] }, body: id, bodyBytes: 3, truncated: false },
      response: {
        ...{ status: 200, headers: { 'content-type': ['text/plain'] } },
        ...{ body: 'by a', bodyBytes: 4, truncated: false },
      },
      condition: { attempts: 1, reason: 'Done' },
    },
  });
  const { method, path, headers } = JSON.parse(second.request);
  assert.deepEqual([method, path], ['POST', '/']);
  assert.match(headers.join(), /content-type,application\/cloudevents\+json/);
  assert.equal(eventOf(third).data.invocation, second.head.id);
  assert.equal(eventOf(third).data.response.body, 'by b');
  await until(() => dispatcher.told.length === 2, 'each is counted');
});

test('of what was given up onFailure is told, with why, and onSuccess is not', async () => {
  await using all = await startDispatcher(({ head }) => answering(head.name === 'a' ? 500 : 200));
  const { system, dispatcher, gateway } = all;
  system.function('a', { ...SHORT, onSuccess: { function: 'c' }, onFailure: { function: 'b' } });
  for (const name of ['b', 'c']) system.function(name);
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'buried', 250);
  await until(() => namesOf(gateway.deliveries).includes('b'), 'it is told');
  const { type, data } = eventOf(gateway.deliveries.at(-1) as FakeDelivery);
  assert.equal(type, 'dev.catnap.invocation.failed');
  const note = 'the function answered 500 (attempt 2, the last)';
  assert.deepEqual(data.condition, { attempts: 2, reason: 'AttemptsUsedUp', note });
  assert.ok(!namesOf(gateway.deliveries).includes('c'));
});

test('a circle ends with the eighth event, which is buried and says why', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher, gateway } = all;
  const round = { onSuccess: { function: 'b' }, onFailure: { function: 'a' } };
  system.function('a', round);
  system.function('b', { onSuccess: { function: 'a' }, onFailure: { function: 'b' } });
  system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => newest(system, 'a')?.state === 'buried', 'it is cut');
  assert.match(newest(system, 'a')?.note ?? '', /not delivered: 8 ends in a row led to it/);
  assert.deepEqual(namesOf(gateway.deliveries), ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
  assert.equal(idsOf(system, 'a').length + idsOf(system, 'b').length, 9, 'and nothing is told of it');
});

test('a function with no room for an event, or that is not there, holds up nothing: it is counted', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  system.function('a', { onSuccess: { function: 'full' } });
  system.function('missing', { onSuccess: { function: 'nobody' } });
  system.function('full');
  system.enqueue('full', 1_000, { notBeforeMs: system.wallMs() + 3_600_000 });
  const ids = [...system.enqueue('a'), ...system.enqueue('missing')];
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done');
  await until(() => dispatcher.told.length === 2, 'both are counted');
  assert.deepEqual(dispatcher.told.map(([, came]) => came).toSorted(), ['dropped', 'missing']);
});

test('what is settled twice makes one event', async () => {
  let settlements = 0;
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  const { settle } = system.store;
  system.store.settle = async (batch) => {
    const settled = await settle(batch);
    settlements += 1;
    // Written, but the answer is lost: it is asked again.
    if (settlements === 1) throw new Error('the connection broke');
    return settled;
  };
  system.function('a', { onSuccess: { function: 'b' } });
  system.function('b');
  system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => {
    system.clock.advance(50);
    return settlements > 1 && idsOf(system, 'b').length > 0;
  }, 'it is settled again');
  assert.equal(idsOf(system, 'b').length, 1);
});

test('an address gets a POST of the event; the entry is the function’s own, and of its end nothing is told', async () => {
  const seen: { method: string | undefined; type: string | undefined; body: string }[] = [];
  await using address = await anAddress(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method, type: request.headers['content-type'], body });
    response.end('thanks');
  });
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  system.function('a', { onSuccess: { url: address.url } });
  const [id] = system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => system.model.counts('a')[0]?.done === 2, 'both are done');
  assert.equal(seen[0]?.method, 'POST');
  assert.equal(seen[0]?.type, 'application/cloudevents+json; charset=utf-8');
  assert.equal(JSON.parse(seen[0]?.body ?? '').id, `${id}/onSuccess`);
  assert.equal(idsOf(system, 'a').length, 2);
});

test('an address that fails is tried again as often as the function says, then buried with what it did', async () => {
  const answers: [RequestListener, RegExp][] = [
    [(_, response) => void response.writeHead(500).end(), /the destination 127\.0\.0\.1:\d+ answered 500 \(attempt 2/],
    [
      (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      /answered 302: redirects are not followed \(attempt 2/,
    ],
    [({ socket }) => void socket.destroy(), /cannot be called: .*\(attempt 2/],
    [() => undefined, new RegExp(`did not answer within ${CALL_MS / 1_000} s \\(attempt 2`)],
  ];
  for (const [answer, note] of answers) {
    let asked = 0;
    await using address = await anAddress((...both) => {
      asked += 1;
      answer(...both);
    });
    await using all = await startDispatcher(() => answering(200));
    const { system, dispatcher } = all;
    system.function('a', { ...SHORT, onSuccess: { url: address.url } });
    system.enqueue('a');
    await dispatcher.deliveries.start();
    await until(
      () => {
        // While a call is under way, only what it waits for may pass.
        system.clock.advance(250);
        return newest(system, 'a')?.state === 'buried';
      },
      `${note}`,
      20_000,
    );
    assert.match(newest(system, 'a')?.note ?? '', note);
    assert.ok(!newest(system, 'a')?.note?.includes('secret'), 'of the address only its host is told');
    assert.ok(asked <= 2);
  }
});

test('an address that may not be called is buried at once', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  for (const url of ['http://169.254.169.254/latest', 'http://10.0.0.1/', 'ftp://example.com/', 'http://[::1]:1/']) {
    system.function('a', { ...SHORT, onSuccess: { url } });
    system.enqueue('a');
    if (url.endsWith('latest')) await dispatcher.deliveries.start();
    else dispatcher.deliveries.wake('a');
    await until(() => /not called/.test(newest(system, 'a')?.note ?? ''), url);
    assert.equal(newest(system, 'a')?.state, 'buried');
    assert.equal(newest(system, 'a')?.attempts, 1);
  }
});

test('of what an address answers 64 KiB are kept, however much the function keeps of an answer', async () => {
  await using address = await anAddress((_, response) => void response.end(Buffer.alloc(1_000_000)));
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  system.function('a', { maxResultBytes: 1_048_576, onSuccess: { url: address.url } });
  system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => system.model.counts('a')[0]?.done === 2, 'both are done');
  const kept = readAnswer(system.model.result(newest(system, 'a')?.id ?? '') ?? Buffer.of());
  assert.deepEqual([kept?.body.byteLength, kept?.head.truncated], [65_536, true]);
});
