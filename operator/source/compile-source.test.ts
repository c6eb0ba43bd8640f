import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { STORED_MAX_BYTES } from '#api/rules/stored-size.ts';
import { CHUNK_MAX_BYTES, STORED_WITH_MAP_MAX_BYTES, storedBytes } from './bundle-chunks.ts';
import { COMPILER, compileSource } from './compile-source.ts';
import { SourceError } from './source-error.ts';

after(() => esbuild.stop());
const DEFAULT = { handler: 'default', signature: 'auto' } as const;
const sourceOf = (text: string) => ({ files: { 'index.ts': text }, entry: 'index.ts' });
/** Text that brotli cannot make smaller than three quarters of its length. */
const noise = (bytes: number) => `export default ${JSON.stringify(randomBytes(bytes).toString('base64'))};`;

test('the chunks are the compressed bundle, in order, and fit an environment variable', async () => {
  const { chunks } = await compileSource(sourceOf(noise(200_000)), DEFAULT, esbuild);
  assert.ok(chunks.length > 1);
  assert.ok(chunks.every((chunk) => `CATNAP_BUNDLE_99=${chunk}`.length < 131_072 && chunk.length <= CHUNK_MAX_BYTES));
  const code = brotliDecompressSync(Buffer.from(chunks.join(''), 'base64')).toString();
  assert.match(code, /as default/);
});

test('a small bundle is stored as it is, where it has no character that an environment cannot carry', async () => {
  const {
    chunks: [chunk, ...others],
  } = await compileSource(sourceOf("export default () => 'snow ☃';"), DEFAULT, esbuild);
  assert.match(chunk ?? '', /^text:.*snow/s);
  assert.deepEqual(others, []);
  // In an expression a zero may stand as it is.
  const {
    chunks: [packed],
  } = await compileSource(sourceOf('export default () => /\0/.source;'), DEFAULT, esbuild);
  assert.match(brotliDecompressSync(Buffer.from(packed ?? '', 'base64')).toString(), /as default/);
});

const unpacked = (chunks: readonly string[]) => brotliDecompressSync(Buffer.from(chunks.join(''), 'base64')).toString();

test('a function too large with its text in the source map is stored without it', async () => {
  const { chunks, map } = await compileSource(sourceOf(noise(330_000)), DEFAULT, esbuild);
  assert.ok(storedBytes(chunks) <= STORED_WITH_MAP_MAX_BYTES);
  assert.ok(!unpacked(chunks).includes('sourcesContent'));
  assert.deepEqual(map, []);
});

test('the source map of a still larger function is stored apart', async () => {
  const { chunks, map, notes } = await compileSource(sourceOf(noise(1_150_000)), DEFAULT, esbuild);
  assert.ok(storedBytes(chunks) > STORED_WITH_MAP_MAX_BYTES && storedBytes(chunks) <= STORED_MAX_BYTES);
  assert.ok(chunks.every((chunk) => chunk.length <= CHUNK_MAX_BYTES));
  assert.ok(!unpacked(chunks).includes('sourceMappingURL'));
  const { sources, sourcesContent } = JSON.parse(unpacked(map));
  assert.deepEqual([sources, sourcesContent?.[0]?.length > 1_500_000], [['index.ts'], true]);
  assert.deepEqual(notes, []);
});

test('a function too large in any case is refused with its size', async () => {
  await assert.rejects(compileSource(sourceOf(noise(1_300_000)), DEFAULT, esbuild), (error: unknown) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.reason, 'CompileFailed');
    assert.match(error.message, /takes 1,\d{3} KiB .* more than the 1,600 KiB/);
    return true;
  });
});

test('the name of the compiler is that of the installed one', () => {
  assert.equal(COMPILER.split('/')[0], `esbuild-${esbuild.version.split('.').slice(0, 2).join('.')}`);
});
