import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { givesAway, unpackedBundle } from './traces.ts';

const SECRET = 'canary-0123456789abcdef0123456789abcdef';
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a secret is found in plain text, in hexadecimal, and in base64 wherever it stands', () => {
  assert.ok(givesAway(`x = "${SECRET}"`, SECRET));
  assert.ok(givesAway(Buffer.from(`a${SECRET}`).toString('hex'), SECRET));
  for (const before of ['', 'a', 'ab', 'abc']) assert.ok(givesAway(base64(`${before}${SECRET}\n`), SECRET), before);
});

test('a secret is found in an inline source map, which is packed once more', () => {
  const map = JSON.stringify({ sourcesContent: [SECRET] });
  assert.ok(givesAway(`1;\n//# sourceMappingURL=data:application/json;base64,${base64(map)}\n`, SECRET));
});

test('what does not hold it does not give it away', () => {
  assert.ok(!givesAway(base64('canary-ffffffffffffffff0000000000000000'), SECRET));
});

test('a stored bundle is unpacked, packed or not', () => {
  assert.equal(unpackedBundle(['text:export ', 'default 1']), 'export default 1');
  assert.equal(
    unpackedBundle([brotliCompressSync(Buffer.from('export default 1')).toString('base64')]),
    'export default 1',
  );
});
