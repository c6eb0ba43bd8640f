import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeFrame, WebSocketFrames } from './websocket-frames.ts';

function frame(opcode: number, length: number, masked: boolean): Buffer {
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0];
  if (length >= 65_536) size.push(0, (length >> 16) & 255, (length >> 8) & 255, length & 255);
  size[0] = (size[0] as number) | (masked ? 0x80 : 0);
  return Buffer.concat([
    Buffer.from([0x80 | opcode, ...size]),
    Buffer.alloc(masked ? 4 : 0, 9),
    Buffer.alloc(length, 8),
  ]);
}

/** Where it sees frames end, counted from the beginning, when the bytes come in chunks of that size. */
function ends(bytes: Buffer, chunkSize: number): number[] {
  const tracker = new WebSocketFrames();
  const found: number[] = [];
  for (let start = 0; start < bytes.length; start += chunkSize) {
    const chunk = bytes.subarray(start, start + chunkSize);
    for (let at = 0; at < chunk.length; ) {
      at = tracker.take(chunk, at);
      if (tracker.between) found.push(start + at);
    }
  }
  return found;
}

test('frames of every length end where they end, however they are cut into chunks', () => {
  const frames = [0, 1, 125, 126, 65_535, 65_536, 70_000, 0].flatMap((length) => [
    frame(2, length, false),
    frame(1, length, true),
  ]);
  let sum = 0;
  const expected = frames.map(({ length }) => {
    sum += length;
    return sum;
  });
  const bytes = Buffer.concat(frames);
  for (const size of [1, 2, 3, 7, 1_000, bytes.length]) assert.deepEqual(ends(bytes, size), expected);
});

test('a close frame is noticed once it is whole', () => {
  const tracker = new WebSocketFrames();
  const bytes = closeFrame(1001, 'bye', true);
  tracker.take(bytes.subarray(0, -1), 0);
  assert.equal(tracker.closed, false);
  tracker.take(bytes.subarray(-1), 0);
  assert.equal(tracker.closed, true);
  assert.equal(tracker.between, true);
});

test('a close frame without a mask is a server’s, one with a mask a client’s', () => {
  assert.deepEqual([...closeFrame(1001, 'a', false)], [0x88, 3, 0x03, 0xe9, 0x61]);
  assert.deepEqual([...closeFrame(1001, 'a', true)], [0x88, 0x83, 0, 0, 0, 0, 0x03, 0xe9, 0x61]);
});
