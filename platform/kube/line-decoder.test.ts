import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDecoder } from './line-decoder.ts';

test('a line is whole however the bytes are cut, also inside a character', () => {
  const decoder = new LineDecoder();
  const bytes = Buffer.from('{"a":"schläft 💤"}\r\n\n{"b":1}\n');
  const lines = [...bytes].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
  assert.deepEqual(lines, ['{"a":"schläft 💤"}', '{"b":1}']);
  assert.equal(decoder.pendingBytes, 0);
});

test('several lines of one chunk come in order and the rest waits', () => {
  const decoder = new LineDecoder();
  assert.deepEqual(decoder.push(Buffer.from('1\n2\n3')), ['1', '2']);
  assert.equal(decoder.pendingBytes, 1);
  assert.deepEqual(decoder.push(Buffer.from('4\n')), ['34']);
});

test('a line without an end does not fill the memory', () => {
  const decoder = new LineDecoder(8);
  decoder.push(Buffer.from('12345678'));
  assert.throws(() => decoder.push(Buffer.from('9')), RangeError);
});
