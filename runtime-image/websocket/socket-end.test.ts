import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { CloseEvent, MessageEvent } from './events.ts';
import { SocketEnd, type Wire } from './socket-end.ts';

/** A client's connection that keeps what is done to it. */
function aWire(done: unknown[] = []): Wire & { done: unknown[] } {
  const tell = (...words: unknown[]) => void done.push(words);
  return {
    done,
    send: (data) => tell('send', data),
    close: (code, reason) => tell('close', code, reason),
    pause: () => tell('pause'),
    resume: () => tell('resume'),
    bufferedAmount: 7,
  };
}

const next = async (end: SocketEnd, type: string) => (await once(end, type))[0];
const ignore = () => undefined;

test('what was sent before the client was there is sent to it first, and what it sends comes to the other end', async () => {
  const [client, server] = SocketEnd.pair();
  server.accept();
  server.send('early');
  client.give();
  const wire = aWire();
  const arrived = client.couple(wire, 'chat', ignore);
  server.send(new Uint8Array([0, 1, 2]).subarray(1));
  assert.deepEqual(wire.done, [
    ['send', 'early'],
    ['send', new Uint8Array([1, 2])],
  ]);
  assert.equal(server.protocol, 'chat');
  assert.equal(server.bufferedAmount, 7);
  const message = next(server, 'message');
  arrived({ is: 'message', data: 'hi' });
  assert.equal(((await message) as MessageEvent).data, 'hi');
});

test('a client is not read from until the other end is accepted', async () => {
  const [client, server] = SocketEnd.pair();
  client.give();
  const wire = aWire();
  client.couple(wire, '', ignore);
  server.accept();
  await new Promise(setImmediate);
  assert.deepEqual(wire.done, [['pause'], ['resume']]);
});

test('either end may be given; one that was accepted may not, and the given one is not accepted', () => {
  const [one, two] = SocketEnd.pair();
  one.accept();
  two.give();
  assert.throws(() => one.give(), /accepted before/);
  assert.throws(() => two.accept(), /client/);
  assert.throws(() => two.give(), /given before/);
});

test('bytes are copied when they are sent', () => {
  const [client, server] = SocketEnd.pair();
  server.accept();
  const bytes = new Uint8Array([1]);
  server.send(bytes);
  bytes[0] = 2;
  client.give();
  const wire = aWire();
  client.couple(wire, '', ignore);
  assert.deepEqual(wire.done, [['send', new Uint8Array([1])]]);
});

test('two ends in one process speak with each other, and close together', async () => {
  const [one, two] = SocketEnd.pair();
  one.accept();
  one.send('ping');
  two.accept();
  assert.equal(((await next(two, 'message')) as MessageEvent).data, 'ping');
  const closed = Promise.all([next(one, 'close'), next(two, 'close')]);
  one.close(4000, 'done');
  const events = (await closed) as CloseEvent[];
  assert.deepEqual(
    events.map(({ code, reason, wasClean }) => [code, reason, wasClean]),
    [
      [4000, 'done', true],
      [4000, 'done', true],
    ],
  );
  assert.deepEqual([one.readyState, two.readyState], [SocketEnd.CLOSED, SocketEnd.CLOSED]);
});

test('says what is wrong', () => {
  const [, server] = SocketEnd.pair();
  assert.throws(() => server.send('x'), /accept\(\) must be called/);
  server.accept();
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2000, 5000]) assert.throws(() => server.close(code), TypeError);
  assert.throws(() => server.close(1000, 'x'.repeat(124)), /123 bytes/);
  server.close(1000);
  server.close(1000);
  assert.equal(server.readyState, SocketEnd.CLOSING);
  assert.throws(() => server.send('x'), /after the WebSocket was closed/);
});

test('an answer that is not sent is to the other end as if the client had left', async () => {
  const [client, server] = SocketEnd.pair();
  server.accept();
  const closed = next(server, 'close');
  client[Symbol.dispose]();
  const { code, wasClean } = (await closed) as CloseEvent;
  assert.deepEqual([code, wasClean], [1006, false]);
});

test('errors of listeners, and rejections of what they return, are reported, and a listener can be removed', async () => {
  const [client, server] = SocketEnd.pair();
  server.accept();
  client.give();
  const failures: unknown[] = [];
  const arrived = client.couple(aWire(), '', (error) => failures.push((error as Error).message));
  const removed = () => assert.fail('it was removed');
  server.addEventListener('message', removed);
  server.removeEventListener('message', removed);
  server.addEventListener('message', () => {
    throw new Error('thrown');
  });
  server.addEventListener('message', { handleEvent: async () => Promise.reject(new Error('rejected')) } as never);
  arrived({ is: 'message', data: 'x' });
  await new Promise(setImmediate);
  assert.deepEqual(failures, ['thrown', 'rejected']);
});
