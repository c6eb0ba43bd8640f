/**
 * One thrown error fails one request: wherever it is thrown, the others are served and nothing is left behind.
 * Longer than 250 lines: each way in has a client here.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { systemClock } from '#platform/time/clock.ts';
import { Peers } from '../peers/peers.ts';
import { KeepingDispatcher } from '../testing/keeping-dispatcher.ts';
import { TestDeliveries } from '../testing/test-deliveries.ts';
import { aDelivery, TestDispatcher } from '../testing/test-dispatcher.ts';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';
import { HOST, Wire } from '../testing/test-wire.ts';
import { caught, ENTRIES, type Entry, onThrow, setFailPoint, thrownCounts } from './guarded-entries.ts';

const MIB = 1024 * 1024;
/** Made once: filling it costs more than the rest of a request. */
const LARGE = Buffer.alloc(32 * MIB, 'x');

/** Answers by the path's last part. */
function answer(socket: Socket, text: string): void {
  const path = /^\w+ \/(\w+)/.exec(text)?.[1];
  const length = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  if (path === 'stream') {
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n');
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n');
    setTimeout(() => socket.write('3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n'), 5);
  } else if (path === 'large') {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${32 * MIB}\r\n\r\n`);
    socket.write(LARGE);
  } else if (path === 'switch') {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    socket.removeAllListeners('data').pipe(socket);
  } else if (path === 'cut') socket.end();
  else if (path === 'reset') socket.resetAndDestroy();
  else if (path === 'upload') {
    socket.pause();
    setTimeout(() => socket.resume(), 20);
    answerAfter(socket, text, 'end', length);
  } else if (path === 'chunks') answerAfter(socket, text, '0\r\n\r\n', length);
  else if (path !== 'hang') socket.write(length);
}

function answerAfter(socket: Socket, text: string, last: string, answer: string): void {
  const take = (piece: string) => {
    if (!piece.endsWith(last)) return;
    socket.off('data', onData).write(answer);
  };
  const onData = (chunk: Buffer) => take(chunk.toString('latin1'));
  socket.on('data', onData);
  take(text);
}

let gateway: TestGateway;
let deliveries: TestDeliveries;
let dispatcher: KeepingDispatcher;
const replica = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    if (/^(GET|POST) /.test(text)) answer(socket, text);
  });
});

before(async () => {
  await new Promise<void>((resolve) => void replica.listen(0, '127.0.0.1', resolve));
  dispatcher = await KeepingDispatcher.start();
  gateway = await TestGateway.start({ limits: { lookMs: 10 }, dispatcher: dispatcher.client });
  deliveries = await TestDeliveries.start(gateway);
  gateway.putFunction(aFunction('later', { async: { mode: 'Always' } }));
  gateway.putFunction(aFunction('hello', { timeoutSeconds: 1 }));
  gateway.putFunction(aFunction('full', { queue: { size: 1 } }));
  showPod();
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
});

after(async () => {
  setFailPoint(undefined);
  await deliveries[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  await dispatcher[Symbol.asyncDispose]();
  replica.close();
});

function showPod(): void {
  const { port } = replica.address() as AddressInfo;
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip: '127.0.0.1', port, image: true }));
}

const head = (path: string, headers = '', method = 'GET', host = HOST) =>
  `${method} /${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}\r\n`;
const asIs = (text: string) => (wire: Wire) => void wire.send(text);

/** A client each; it is over when its answer has come or its connection has ended. */
const CLIENTS: ((wire: Wire) => void)[] = [
  asIs(head('whole')),
  asIs(head('whole', '', 'GET', 'nobody.example')),
  asIs(head('whole') + head('whole')),
  asIs(`${head('later', 'content-length: 3\r\n', 'POST', 'later.default.fn.example')}abc`),
  asIs(head('.catnap/invocations/018bcfe5-6800-7abc-8def-0123456789ab')),
  asIs(head('stream')),
  asIs(head('cut')),
  asIs(head('reset')),
  asIs('NO HTTP\r\n\r\n'),
  asIs(`${head('chunks', 'transfer-encoding: chunked\r\n', 'POST')}3\r\nabc\r\n0\r\n\r\n`),
  asIs(`${head('upload', `content-length: ${6 * MIB}\r\n`, 'POST')}${'x'.repeat(6 * MIB - 3)}end`),
  (wire) => {
    wire.send(head('large')).socket.pause();
    setTimeout(() => wire.socket.resume(), 100);
  },
  (wire) => {
    wire.send(head('switch', 'connection: upgrade\r\nupgrade: echo\r\n'));
    wire.socket.once('data', () => {
      wire.send('x'.repeat(16 * MIB)).socket.pause();
      setTimeout(() => wire.socket.resume().end(), 100);
    });
  },
];
/** Those that take a second, for the entries that need them alone. */
const SLOW: Partial<Record<Entry, (wire: Wire) => void>> = {
  'request time limit': asIs(head('hang')),
  'replica timer': asIs(`${head('chunks', 'transfer-encoding: chunked\r\nexpect: 100-continue\r\n', 'POST')}`),
};

/** One that waits for a function that sleeps, and one that finds its queue full. */
async function crowd(): Promise<void> {
  const host = 'full.default.fn.example';
  using first = new Wire(gateway.port);
  first.send(head('whole', '', 'GET', host));
  await until(() => gateway.traffic('full').waiting === 1 || first.ended !== undefined, 'one waits');
  await Promise.allSettled([ask(gateway.port, { host }), ask(gateway.port, { host })]);
}

/** One that sends more ahead than is parsed at once. */
async function sendAhead(): Promise<void> {
  const COUNT = 40;
  using wire = new Wire(gateway.port).send(head('whole').repeat(COUNT));
  const answers = () => wire.text.match(/HTTP\/1\.1 200/g)?.length ?? 0;
  await until(() => wire.ended !== undefined || answers() === COUNT, 'all are answered', 10_000);
}

/** An activator that hears its own hints. */
async function talk(): Promise<void> {
  using peers = new Peers({
    clock: systemClock,
    log: pino({ level: 'silent' }),
    verifier: { verify: async () => ({ claims: {} }) },
    rules: async () => ({ issuer: 'i', audience: 'a', subject: 's' }),
    token: async () => 'token',
    random: () => 0,
  });
  const server = createHttpServer((request, response) => peers.handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  peers.setUrls([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  await until(() => peers.streams.out === 1, 'the stream is open');
  peers.setUrls([]);
  server.closeAllConnections();
  server.close();
}

/** A dispatcher that delivers something, whose connection breaks or not. */
async function deliver(): Promise<void> {
  using dispatcher = new TestDispatcher(deliveries.port);
  const request = { path: '/upload', headers: ['host', HOST] };
  await Promise.allSettled([dispatcher.deliver(aDelivery({}, request, 'the end')), dispatcher.list()]);
}

async function workout(slow: ((wire: Wire) => void) | undefined): Promise<void> {
  const wires = [...CLIENTS, ...(slow === undefined ? [] : [slow])].map((client) => {
    const wire = new Wire(gateway.port);
    client(wire);
    return wire;
  });
  showPod();
  gateway.putFunction(aFunction('other'));
  await crowd();
  await talk();
  await deliver();
  await sendAhead();
  const isOver = (wire: Wire) => wire.ended !== undefined || /^HTTP\/1\.1 (?!1)/m.test(wire.text);
  await until(() => wires.every(isOver), 'each is answered or ended', 10_000);
  for (const wire of wires) wire.socket.destroy();
}

for (const entry of ENTRIES) {
  test(`what is thrown at "${entry}" fails one request; all others are served, and nothing is left behind`, async () => {
    await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
    using early = new Wire(gateway.port);
    await early.send(`${head('upload', 'content-length: 5\r\n', 'POST')}x`).until(/^/);
    await until(() => gateway.traffic('hello').inFlight === 1, 'a request is under way');
    const thrown: Entry[] = [];
    onThrow((at) => thrown.push(at));
    let left = 1;
    setFailPoint((at) => {
      if (at !== entry || left === 0) return;
      left -= 1;
      throw new Error(`thrown at ${at}`);
    });
    const countBefore = thrownCounts().get(entry) ?? 0;
    await workout(SLOW[entry]);
    if (entry === 'peer stream') await talk();
    if (entry.startsWith('delivery')) await deliver();
    await until(() => left === 0, 'it was thrown');
    setFailPoint(undefined);
    onThrow(undefined);
    assert.deepEqual(thrown, [entry]);
    assert.equal(thrownCounts().get(entry), countBefore + 1);

    assert.equal((await ask(gateway.port, { path: '/whole' })).body, 'ok');
    early.send('yend');
    await until(() => gateway.traffic('hello').inFlight === 0, 'none is in flight');
    early.socket.destroy();
    await until(() => gateway.gateway.open === 0 && gateway.gateway.upgrades === 0, 'none is open');
    await until(() => deliveries.registry.running === 0, 'no delivery is under way');
    for (const { id, epoch } of deliveries.registry.list()) {
      const left = deliveries.registry.find(id, epoch);
      if (left !== undefined) deliveries.registry.fetched(left);
    }
    await until(() => gateway.gateway.connections === 0, 'no connection is left');
    assert.deepEqual(
      [gateway.budget.requests, gateway.budget.bytes, gateway.budget.functions, gateway.traffic('full').waiting],
      [0, 0, 0, 0],
    );
  });
}

test('an error that passes several entries is counted once', () => {
  const error = new Error('once');
  const before = thrownCounts().get('timer') ?? 0;
  caught('timer', error);
  caught('finished', error);
  assert.equal(thrownCounts().get('timer'), before + 1);
});

/** Ways in which something is called back later, by whom it is not known. */
const CALLS_BACK = /\.(on|once)\('|setTimeout\(|setInterval\(|setImmediate\(|nextTick\(|\.then\($/;
/** Guarded, made so by the clock that main gives to all, or with nothing in it that could throw. */
const SAFE =
  /guarded|tunnelEntry|(this\.#)?on[A-Z]\w+|\b(on[A-Z]\w*|open|take|upgrade|look|pause|flush|uncork|startWaiting|resolve|reject|ignore|destroy|end)\b|=> (socket\.destroy|clearTimeout|undefined)/;

test('whatever is called back later in the gateway is guarded', () => {
  const folder = join(import.meta.dirname, '..');
  // Its two continuations end in a timer of the guarded clock.
  const known = ['cold-start/scale-up.ts: this.#ask(want).then('];
  const wrong = globSync('**/*.ts', { cwd: folder })
    .filter((file) => !/(^|\/)(testing\/|main\.ts)|\.test\.ts$/.test(file))
    .flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => CALLS_BACK.test(line) && !SAFE.test(line) && !line.trim().startsWith('*'))
        .map((line) => `${file}: ${line.trim()}`),
    );
  assert.deepEqual(wrong, known);
});
