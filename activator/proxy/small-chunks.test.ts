/** Chunks of one byte cost their own request time, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';

const CHUNKS = 20_000;
const ONES = '1\r\nx\r\n'.repeat(CHUNKS);
/** Of the main loop, while one connection is full of such chunks; far from the second and more that it was. */
const STALL_MAX_MS = 250;

/** The longest time in which the main loop did not turn while `run` ran. */
async function longestStallMs(run: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let running = true;
  const turn = () => {
    const nowMs = performance.now();
    longest = Math.max(longest, nowMs - last);
    last = nowMs;
    if (running) setImmediate(turn);
  };
  turn();
  await run();
  running = false;
  return longest;
}

test('an answer in chunks of one byte goes on in large ones, and holds up nothing else', async () => {
  await using wired = await wiredGateway((socket, text) => {
    if (text.includes('/other')) return void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${ONES}0\r\n\r\n`);
  });
  using wire = new Wire(wired.port);
  const stallMs = await longestStallMs(async () => {
    wire.send(`GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    await Promise.all([wire.until(/\r\n0\r\n\r\n$/), ask(wired.port, { path: '/other' })]);
  });
  const chunks = wire.text.split('\r\n\r\n').slice(1).join('').split('\r\n');
  assert.equal(chunks.filter((_, i) => i % 2 === 1).join('').length, CHUNKS);
  assert.ok(chunks.length < 200, `${chunks.length / 2} chunks`);
  assert.ok(stallMs < STALL_MAX_MS, `${stallMs} ms`);
});

test('a request body in chunks of one byte likewise', async () => {
  let seen = '';
  await using wired = await wiredGateway((socket, text) => {
    if (text.includes('/other')) return void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    seen += text;
    if (seen.endsWith('\r\n0\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
  using wire = new Wire(wired.port);
  const stallMs = await longestStallMs(async () => {
    wire.send(`POST / HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: chunked\r\n\r\n${ONES}0\r\n\r\n`);
    await Promise.all([wire.until(/ok$/), ask(wired.port, { path: '/other' })]);
  });
  const chunks = seen.split('\r\n\r\n').slice(1).join('').split('\r\n');
  assert.equal(chunks.filter((_, i) => i % 2 === 1).join('').length, CHUNKS);
  assert.ok(chunks.length < 200, `${chunks.length / 2} chunks`);
  assert.ok(stallMs < STALL_MAX_MS, `${stallMs} ms`);
});

test('the small pieces of a body that waits are kept as few', async () => {
  await using wired = await wiredGateway((socket, text) => {
    if (text.endsWith('0\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
  wired.gateway.podFeed.remove('pod-a');
  using wire = new Wire(wired.port);
  wire.send(`POST / HTTP/1.1\r\nhost: ${HOST}\r\ntransfer-encoding: chunked\r\n\r\n`);
  await until(() => wired.gateway.traffic('hello').waiting === 1, 'it waits');
  const heap = process.memoryUsage().heapUsed;
  wire.send(ONES);
  await until(() => wire.socket.bytesWritten > ONES.length, 'it is sent');
  assert.ok(process.memoryUsage().heapUsed - heap < 32 * 1024 * 1024);
});
