import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError, frameParts, readFrames } from './frame.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (piece: Uint8Array) => new TextDecoder().decode(piece);

test('frames one after the other are read as they were written', () => {
  const written = Buffer.concat([
    ...frameParts({ id: 'ä' }, bytes('head'), bytes('body')),
    ...frameParts([1, 2]),
    ...frameParts('x', undefined, bytes('second alone')),
  ]);
  const read = readFrames(written, 3).map(({ json, first, second }) => ({
    json,
    first: text(first),
    second: text(second),
  }));
  assert.deepEqual(read, [
    { json: { id: 'ä' }, first: 'head', second: 'body' },
    { json: [1, 2], first: '', second: '' },
    { json: 'x', first: '', second: 'second alone' },
  ]);
  assert.deepEqual(readFrames(new Uint8Array(0), 3), []);
});

test('what is cut off anywhere, too many, or no JSON is no frame', () => {
  const one = Buffer.concat(frameParts({ a: 1 }, bytes('h'), bytes('b')));
  for (let length = 1; length < one.length; length += 1)
    assert.throws(() => readFrames(one.subarray(0, length), 1), FrameError, String(length));
  assert.throws(() => readFrames(Buffer.concat([one, one]), 1), /more than 1 frames/);
  const broken = Buffer.from(one);
  broken[12] = 0x7d;
  assert.throws(() => readFrames(broken, 1), /no JSON/);
  const lying = Buffer.from(one);
  lying.writeUInt32BE(0xffffffff, 8);
  assert.throws(() => readFrames(lying, 1), /ends within/);
});
