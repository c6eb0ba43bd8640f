import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { TestGateway } from '../testing/test-gateway.ts';
import { rtspLinesIn } from './protocol-name.ts';

const linesOf = (text: string) => rtspLinesIn(Buffer.from(text, 'latin1'));

test('the request lines of RTSP are found wherever they begin', () => {
  assert.deepEqual(linesOf('GET /x RTSP/1.0\r\nHost: a\r\n\r\n'), ['GET /x']);
  assert.deepEqual(linesOf('\r\n\r\nGET  /x   RTSP/1.1\r\n'), ['GET /x']);
  assert.deepEqual(linesOf('GET /y HTTP/1.0\r\n\r\nPOST /x RTSP/1.0\r\n\r\nGET /z RTSP/1.1\n'), ['POST /x', 'GET /z']);
  assert.deepEqual(linesOf('A: b RTSP/1.0\nOPTIONS * RTSP/1.0'), ['OPTIONS *']);
});

test('what only speaks of RTSP is no request line of it', () => {
  const others = [
    '',
    'GET /x HTTP/1.0\r\n',
    'X: GET /x RTSP/1.0\r\n',
    'GET /x y RTSP/1.0\r\n',
    ' RTSP/1.0',
    'P/1.0\r\n',
  ];
  assert.deepEqual(others.flatMap(linesOf), []);
  assert.deepEqual(rtspLinesIn(undefined), []);
});

test('a read full of the name takes no longer than the read is long', () => {
  const before = process.cpuUsage();
  for (const line of [' RTSP/', ' RTSP/\n', 'a b RTSP/ RTSP/']) linesOf(line.repeat(65_536 / line.length));
  // Each look back over one long line would take seconds of the processor.
  assert.ok(process.cpuUsage(before).user < 500_000);
});

/** Sends `head` so often at once. @returns milliseconds until all are answered */
async function msFor(port: number, head: string, times: number): Promise<number> {
  const startedMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.write(head.repeat(times));
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.split('HTTP/1.1 404 ').length > times) break;
  }
  assert.equal(text.split('HTTP/1.1 404 ').length - 1, times);
  return performance.now() - startedMs;
}

test('requests of version 1.0 that are sent ahead cost about what those of 1.1 do', async () => {
  await using gateway = await TestGateway.start();
  const ofVersion = (minor: number) =>
    `GET /x HTTP/1.${minor}\r\nHost: a\r\nConnection: keep-alive\r\nX: RTSP/\r\n\r\n`;
  const best = { of0: Number.POSITIVE_INFINITY, of1: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 3; round += 1) {
    best.of1 = Math.min(best.of1, await msFor(gateway.port, ofVersion(1), 2_000));
    best.of0 = Math.min(best.of0, await msFor(gateway.port, ofVersion(0), 2_000));
  }
  // A copy of the read for each of them made it tenfold.
  assert.ok(best.of0 < 4 * best.of1, JSON.stringify(best));
});
