import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { version } from 'esbuild';
import { CHUNK_MAX_BYTES, STORED_MAX_BYTES, storedBytes } from './bundle-chunks.ts';
import { COMPILER, Compiler } from './compiler.ts';
import { SourceError } from './source-error.ts';

const ready = () => new Compiler({ idleMs: 10_000, deadlineMs: 20_000 });
const DEFAULT = { handler: 'default', signature: 'auto' } as const;
const sourceOf = (text: string) => ({ files: { 'index.ts': text }, entry: 'index.ts' });
/** Text that brotli cannot make smaller than three quarters of its length. */
const noise = (bytes: number) => `export default ${JSON.stringify(randomBytes(bytes).toString('base64'))};`;

test('the chunks are the compressed bundle, in order, and fit an environment variable', async () => {
  await using compiler = ready();
  const chunks = await compiler.compile(sourceOf(noise(200_000)), DEFAULT);
  assert.ok(chunks.length > 1);
  assert.ok(chunks.every((chunk) => `CATNAP_BUNDLE_99=${chunk}`.length < 131_072 && chunk.length <= CHUNK_MAX_BYTES));
  const code = brotliDecompressSync(Buffer.from(chunks.join(''), 'base64')).toString();
  assert.match(code, /as default/);
});

test('a small bundle is stored as it is, where it has no character that an environment cannot carry', async () => {
  await using compiler = ready();
  const [chunk, ...others] = await compiler.compile(sourceOf("export default () => 'snow ☃';"), DEFAULT);
  assert.match(chunk ?? '', /^text:.*snow/s);
  assert.deepEqual(others, []);
  // In an expression a zero may stand as it is.
  const [packed] = await compiler.compile(sourceOf('export default () => /\0/.source;'), DEFAULT);
  assert.match(brotliDecompressSync(Buffer.from(packed ?? '', 'base64')).toString(), /as default/);
});

test('a function too large with its text in the source map is stored without it', async () => {
  await using compiler = ready();
  const chunks = await compiler.compile(sourceOf(noise(330_000)), DEFAULT);
  assert.ok(storedBytes(chunks) <= STORED_MAX_BYTES);
  assert.ok(!brotliDecompressSync(Buffer.from(chunks.join(''), 'base64')).includes('sourcesContent'));
});

test('a function too large in any case is refused with its size', async () => {
  await using compiler = ready();
  await assert.rejects(compiler.compile(sourceOf(noise(700_000)), DEFAULT), (error: unknown) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.reason, 'CompileFailed');
    assert.match(error.message, /takes \d{3,4} KiB .* more than the 700 KiB/);
    return true;
  });
});

test('several at once all get their own result', async () => {
  await using compiler = ready();
  const [a, b, c] = await Promise.allSettled([
    compiler.compile(sourceOf('export default 1'), DEFAULT),
    compiler.compile(sourceOf('export default ('), DEFAULT),
    compiler.compile(sourceOf('export default 1'), DEFAULT),
  ]);
  assert.equal(a.status, 'fulfilled');
  assert.equal(b.status, 'rejected');
  assert.deepEqual(a, c);
});

test('compiles again after the bundler was stopped for having nothing to do', async () => {
  await using compiler = new Compiler({ idleMs: 0, deadlineMs: 20_000 });
  const first = await compiler.compile(sourceOf('export default 1'), DEFAULT);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await compiler.compile(sourceOf('export default 1'), DEFAULT), first);
});

test('the name of the compiler is that of the installed one', () => {
  assert.equal(COMPILER.split('/')[0], `esbuild-${version.split('.').slice(0, 2).join('.')}`);
});
