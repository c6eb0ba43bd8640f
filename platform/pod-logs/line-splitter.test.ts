import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter } from './line-splitter.ts';

const bytes = (text: string) => Buffer.from(text);
const texts = (splitter: LineSplitter, chunk: Uint8Array) => [...splitter.push(chunk)].map(({ text }) => text);

test('lines are whole however the stream is cut, inside a character too', () => {
  const all = bytes('one\n\ntwö – 😀\nrest');
  for (let cut = 0; cut <= all.length; cut += 1) {
    const splitter = new LineSplitter(100);
    const lines = [...texts(splitter, all.subarray(0, cut)), ...texts(splitter, all.subarray(cut))];
    assert.deepEqual(lines, ['one', '', 'twö – 😀']);
    assert.equal(splitter.rest()?.text, 'rest');
    assert.equal(splitter.rest(), undefined);
  }
});

test('of a line of ten megabytes the beginning is held, and the rest counted', () => {
  const splitter = new LineSplitter(1_000);
  const chunk = Buffer.alloc(65_536, 'x');
  for (let n = 0; n < 160; n += 1) assert.deepEqual([...splitter.push(chunk)], []);
  const [line] = splitter.push(bytes('\nnext\n'));
  assert.equal(line?.text.length, 1_000);
  assert.equal(line?.omittedBytes, 160 * 65_536 - 1_000);
});

test('after a line that was too long the next one is whole', () => {
  const splitter = new LineSplitter(4);
  assert.deepEqual(
    [...splitter.push(bytes('abcdefg\nab\nabcd\n'))],
    [
      { text: 'abcd', omittedBytes: 3 },
      { text: 'ab', omittedBytes: 0 },
      { text: 'abcd', omittedBytes: 0 },
    ],
  );
});
