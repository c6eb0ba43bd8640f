import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import type { Verdict } from '#platform/access/token-verifier.ts';
import { systemClock } from '#platform/time/clock.ts';
import { until } from '../testing/test-gateway.ts';
import type { ReplicaHint } from './messages.ts';
import { Peers } from './peers.ts';
import { HINTS_PATH } from './protocol.ts';

const STUCK: ReplicaHint = { function: 'shop/pay', uid: 'a', state: 'stuck' };
const RULES = { issuer: 'i', audience: 'a', subject: 's' };

interface ActivatorOptions {
  pod?: string;
  token?: string;
  verify?: (token: string) => Promise<Verdict>;
}

/** Tokens are `good-<pod>`. */
async function verifyGood(token: string): Promise<Verdict> {
  if (!token.startsWith('good-')) return { fault: 'signature' };
  return { claims: { 'kubernetes.io': { pod: { uid: token.slice(5) } } } };
}

/** One activator's side, on a port of its own. */
class Activator implements AsyncDisposable {
  readonly peers: Peers;
  readonly taken: ReplicaHint[] = [];
  readonly logged: string[] = [];
  readonly server: Server;
  #port = 0;

  static async start({
    pod = 'pod',
    token = `good-${pod}`,
    verify = verifyGood,
  }: ActivatorOptions): Promise<Activator> {
    const activator = new Activator(token, verify);
    await activator.listen();
    return activator;
  }

  constructor(token: string, verify: (token: string) => Promise<Verdict>) {
    this.peers = new Peers({
      clock: systemClock,
      log: pino({}, { write: (line: string) => void this.logged.push(line) }),
      verifier: { verify },
      rules: async () => RULES,
      token: async () => token,
      random: () => 0,
    });
    this.peers.on('replica', (hint) => this.taken.push(hint) > 0);
    this.server = createServer((request, response) => this.peers.handle(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => void this.server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.server.address() as AddressInfo).port;
  }

  async unlisten(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What a client that is none of ours sends after the head of a request. */
  async speak(token: string): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    const head = `POST ${HINTS_PATH} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ntransfer-encoding: chunked\r\n\r\n`;
    await new Promise<void>((resolve) => void socket.write(head, () => resolve()));
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peers[Symbol.dispose]();
    await this.unlisten();
  }
}

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

test('each hears what the others find out, and goes on when one leaves and another comes', async () => {
  await using a = await Activator.start({ pod: 'a' });
  await using b = await Activator.start({ pod: 'b' });
  a.peers.setUrls([b.url]);
  b.peers.setUrls([a.url]);
  await until(() => a.peers.streams.out === 1 && b.peers.streams.out === 1, 'both are connected');
  a.peers.send('replica', STUCK);
  b.peers.send('replica', { ...STUCK, state: 'answers' });
  await until(() => a.taken.length === 1 && b.taken.length === 1, 'both have heard', 1_000);
  assert.deepEqual(b.taken, [STUCK]);
  {
    await using c = await Activator.start({ pod: 'c' });
    a.peers.setUrls([b.url, c.url]);
    a.peers.send('replica', STUCK);
    await until(() => c.taken.length === 1, 'a hint of before the stream was open arrives');
  }
  a.peers.setUrls([b.url]);
  assert.equal(a.peers.streams.out, 1);
  await b.unlisten();
  await until(() => a.peers.streams.out === 0, 'the loss is noticed');
  a.peers.send('replica', STUCK);
  assert.equal(a.peers.counts.hints.dropped, 1);
  await b.listen();
  await until(() => a.peers.streams.out === 1, 'it is connected again');
  assert.deepEqual(a.peers.streams, { out: 1, in: 1 });
});

test('one that is gone counts no more, until it is back, which is noticed as soon as it comes', async () => {
  await using a = await Activator.start({ pod: 'a' });
  await using b = await Activator.start({ pod: 'b' });
  let opened = 0;
  a.peers.onOpen(() => {
    opened += 1;
  });
  a.peers.setUrls([b.url]);
  assert.equal(a.peers.others, 1, 'nothing says that it is not there');
  await until(() => opened === 1, 'the stream is open');
  await b.unlisten();
  await until(() => a.peers.others === 0, 'nothing listens there');
  await b.listen();
  b.peers.setUrls([a.url]);
  await until(() => opened === 2, 'the stream is open again', 1_500);
  assert.equal(a.peers.others, 1);
});

test('a token that is not good opens no stream, and neither does a good one where it cannot be checked', async () => {
  await using a = await Activator.start({});
  for (const token of ['bad', '']) {
    const { status } = await fetch(`${a.url}${HINTS_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(status, 401);
  }
  assert.equal((await fetch(`${a.url}${HINTS_PATH}`, { headers: { authorization: 'Bearer good-b' } })).status, 401);
  await using unsure = await Activator.start({ verify: async () => ({ fault: 'keys' }) });
  a.peers.setUrls([unsure.url]);
  await until(() => unsure.peers.counts.refusals.no_keys > 1, 'it is refused, and tries again');
  assert.equal(unsure.logged.length, 1, 'one line says so');
  assert.deepEqual([a.peers.streams.out, unsure.peers.streams.in, a.peers.counts.refusals.bad_token], [0, 0, 3]);
});

test('nothing of what a stranger sends is read', async () => {
  const { promise: never } = Promise.withResolvers<Verdict>();
  await using a = await Activator.start({ verify: () => never });
  const socket = await a.speak('good-b');
  for (let i = 0; i < 100; i += 1) socket.write(chunk('x'.repeat(100_000)));
  await until(() => socket.writableLength > 1_000_000, 'it is held up');
  assert.equal(a.peers.streams.in, 0);
  socket.destroy();
});

test('a line that does not end ends the stream', async () => {
  await using a = await Activator.start({});
  const socket = await a.speak('good-b');
  await until(() => a.peers.streams.in === 1, 'the stream is open');
  for (let i = 0; i < 100; i += 1) socket.write(chunk('x'.repeat(100_000)));
  await until(() => a.peers.streams.in === 0, 'it is ended');
  assert.equal(a.peers.counts.hints.malformed, 1);
});

test('garbage is counted, and what is good between it is taken', async () => {
  await using a = await Activator.start({});
  const socket = await a.speak('good-b');
  const lines = ['{"kind":"new-kind"}', '\u0000\ufffd{', JSON.stringify({ kind: 'replica', ...STUCK }), '7', '', '[]'];
  socket.write(chunk(`${lines.join('\n')}\n`));
  await until(() => a.peers.counts.hints.malformed === 3, 'all is read');
  assert.deepEqual(a.taken, [STUCK]);
  assert.equal(a.peers.counts.hints.unknown, 1);
  socket.destroy();
});

test('of a flood little is read, and others are heard all the same', async () => {
  await using a = await Activator.start({});
  await using b = await Activator.start({ pod: 'b' });
  b.peers.setUrls([a.url]);
  const flood = await a.speak('good-c');
  const lines = `${JSON.stringify({ kind: 'replica', ...STUCK })}\n`.repeat(100);
  for (let i = 0; i < 1_000; i += 1) flood.write(chunk(lines));
  await until(() => a.peers.streams.in === 2 && flood.writableLength > 1_000_000, 'it is held up');
  await until(() => a.taken.length > 0, 'some is read');
  const cpu = process.cpuUsage();
  const before = a.taken.length;
  b.peers.send('replica', { ...STUCK, uid: 'of-b' });
  await until(() => a.taken.some(({ uid }) => uid === 'of-b'), 'the other is heard', 1_000);
  assert.ok(a.taken.length - before < 3_000, `${a.taken.length - before} hints`);
  assert.ok(process.cpuUsage(cpu).user < 1_000_000);
  flood.destroy();
});

test('a peer that never reads costs its sender a bounded number of hints', async () => {
  await using a = await Activator.start({});
  const deaf = createServer((request, response) => {
    request.pause();
    response.writeHead(200).flushHeaders();
  });
  await new Promise<void>((resolve) => void deaf.listen(0, '127.0.0.1', resolve));
  a.peers.setUrls([`http://127.0.0.1:${(deaf.address() as AddressInfo).port}`]);
  await until(() => a.peers.streams.out === 1, 'the stream is open');
  const memory = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200_000; i += 1) {
    a.peers.send('replica', { ...STUCK, uid: `pod-${i}` });
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(a.peers.counts.hints.dropped > 1_000, `${a.peers.counts.hints.dropped} dropped`);
  assert.ok(process.memoryUsage().heapUsed - memory < 64e6);
  deaf.closeAllConnections();
  deaf.close();
});

test('a new stream of a pod takes the place of its old one', async () => {
  await using a = await Activator.start({});
  const first = await a.speak('good-b');
  const closed = new Promise((resolve) => first.on('close', resolve));
  await until(() => a.peers.streams.in === 1, 'the first is open');
  const second = await a.speak('good-b');
  await closed;
  second.write(chunk(`${JSON.stringify({ kind: 'replica', ...STUCK })}\n`));
  await until(() => a.taken.length === 1, 'the second is heard');
  assert.equal(a.peers.streams.in, 1);
  second.destroy();
});
