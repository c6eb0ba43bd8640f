import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unpackedSource } from './unpacked-source.ts';

const gzip = (text: string) => gzipSync(text).toString('base64');

test('code that is given compressed is code, other files stay as they are', () => {
  const logs = gzip('logs');
  const source = {
    files: { 'a.ts': 'a' },
    binary: { 'index.js.gz': gzip('ü'), 'logs.txt.gz': logs },
    entry: 'index.js',
  };
  assert.deepEqual(unpackedSource(source), {
    files: { 'a.ts': 'a', 'index.js': 'ü' },
    binary: { 'logs.txt.gz': logs },
    entry: 'index.js',
  });
  const plain = { files: { 'index.ts': '' }, entry: 'index.ts' };
  assert.equal(unpackedSource(plain), plain);
});

const REFUSED: [what: string, binary: Record<string, string>, says: RegExp][] = [
  ['is no gzip', { 'index.js.gz': 'AAAA' }, /^index\.js\.gz is not what gzip makes/],
  ['is there twice', { 'a.ts.gz': gzip('a') }, /^both a\.ts and a\.ts\.gz are there/],
  ['unpacks to very much', { 'index.js.gz': gzip('x'.repeat(40_000_000)) }, /^index\.js\.gz holds more than 32 MiB/],
  [
    'unpacks to very much with the others',
    { 'x.js.gz': gzip('x'.repeat(20_000_000)), 'y.js.gz': gzip('x'.repeat(20_000_000)) },
    /^y\.js\.gz holds more than 32 MiB/,
  ],
];
for (const [what, binary, says] of REFUSED) {
  test(`a compressed file that ${what} is refused`, () => {
    assert.throws(() => unpackedSource({ files: { 'a.ts': 'a' }, binary, entry: 'index.js' }), { message: says });
  });
}
