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

test('compressed code may be in pieces, for several ConfigMaps', () => {
  const whole = gzipSync('export default 1');
  const pieces = Array.from({ length: 12 }, (_, index) =>
    whole.subarray(index * 3, index === 11 ? undefined : index * 3 + 3),
  );
  const named = pieces.map((piece, index) => [`index.js.gz.${index + 1}`, piece.toString('base64')] as const);
  const source = { files: {}, binary: Object.fromEntries(named.toReversed()), entry: 'index.js' };
  assert.deepEqual(unpackedSource(source), { files: { 'index.js': 'export default 1' }, entry: 'index.js' });
});

const REFUSED: [what: string, binary: Record<string, string>, says: RegExp][] = [
  ['is no gzip', { 'index.js.gz': 'AAAA' }, /^index\.js\.gz is not what gzip makes/],
  ['is there twice', { 'a.ts.gz': gzip('a') }, /^both a\.ts and a\.ts\.gz are there/],
  ['unpacks to very much', { 'index.js.gz': gzip('x'.repeat(40_000_000)) }, /^index\.js\.gz holds more than 32 MiB/],
  [
    'lacks a piece',
    { 'index.js.gz.1': gzip('a'), 'index.js.gz.3': gzip('a') },
    /^index\.js\.gz is given in pieces, and index\.js\.gz\.2 is missing/,
  ],
  [
    'is there whole and in pieces',
    { 'index.js.gz': gzip('a'), 'index.js.gz.1': gzip('a') },
    /^both index\.js\.gz and pieces of it are there/,
  ],
  ['is no gzip when joined', { 'index.js.gz.1': 'AAAA', 'index.js.gz.2': 'AAAA' }, /^index\.js\.gz is not what gzip/],
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
