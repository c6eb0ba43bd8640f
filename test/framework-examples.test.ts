/** The apps of docs/handlers/frameworks.md, bundled as the page says, compiled by the operator and run by the runtime. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import * as esbuild from 'esbuild';
import { compileSource } from '../operator/source/compile-source.ts';
import { Replica } from '../runtime-image/testing/replica.ts';

const EXAMPLES = join(import.meta.dirname, '..', 'examples', 'frameworks');

after(() => esbuild.stop());

/**
 * @param entry what esbuild is given to begin with.
 * @param env further variables of the replica.
 */
async function replicaOf(
  entry: Pick<esbuild.BuildOptions, 'entryPoints' | 'stdin' | 'loader'>,
  env: Record<string, string> = {},
): Promise<Replica> {
  const { outputFiles } = await esbuild.build({
    ...entry,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    write: false,
  });
  const source = { files: { 'index.js': String(outputFiles[0]?.text) }, entry: 'index.js' };
  const { chunks } = await compileSource(source, { handler: 'default', signature: 'auto' }, esbuild);
  const variables = chunks.map((chunk, index) => [`CATNAP_BUNDLE_${index}`, chunk] as const);
  return new Replica({ ...Object.fromEntries(variables), CATNAP_BUNDLE_CHUNKS: String(chunks.length), ...env });
}

suite('an app of a framework, bundled with its packages', { concurrency: 2 }, () => {
  for (const file of ['express.ts', 'fastify.ts']) {
    test(`${file} answers as it is`, async () => {
      await using replica = await replicaOf({ entryPoints: [join(EXAMPLES, file)] });
      const origin = await replica.origin();
      assert.deepEqual(await (await fetch(`${origin}/orders/7`)).json(), { id: '7' });
      const headers = { 'content-type': 'application/json' };
      const made = await fetch(`${origin}/orders`, { method: 'POST', body: '{"cents":1}', headers });
      assert.deepEqual([made.status, await made.json()], [201, { cents: 1 }]);
      assert.equal((await fetch(`${origin}/none`)).status, 404);
    });
  }

  test('pages of an app: imported as text, written to be sent as a file, and not to be had from beside the code', async (t) => {
    const TMPDIR = mkdtempSync(join(tmpdir(), 'catnap-pages-'));
    t.after(() => rmSync(TMPDIR, { recursive: true }));
    const contents = `
      import express from 'express';
      import { writeFileSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      import { join } from 'node:path';
      import page from './LICENSE';
      writeFileSync(join(tmpdir(), 'page.txt'), page);
      const app = express();
      app.get('/text', (request, response) => response.type('text').send(page));
      app.get('/file', (request, response) => response.sendFile('page.txt', { root: tmpdir() }));
      app.get('/beside', (request, response) => response.sendFile(join(import.meta.dirname, 'LICENSE')));
      export default app;`;
    const stdin = { contents, resolveDir: join(EXAMPLES, '..', '..'), loader: 'ts' } as const;
    await using replica = await replicaOf({ stdin, loader: { '': 'text' } }, { TMPDIR });
    const origin = await replica.origin();
    for (const path of ['/text', '/file']) assert.match(await (await fetch(origin + path)).text(), /Apache License/);
    assert.equal((await fetch(`${origin}/beside`)).status, 404);
    await replica.line(({ msg }) => msg.includes("stat '/function/LICENSE'"));
  });
});
