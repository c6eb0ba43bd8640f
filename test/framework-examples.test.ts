/** The apps of docs/handlers/frameworks.md, bundled as the page says, compiled by the operator and run by the runtime. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import * as esbuild from 'esbuild';
import { compileSource } from '../operator/source/compile-source.ts';
import { Replica } from '../runtime-image/testing/replica.ts';

const EXAMPLES = join(import.meta.dirname, '..', 'examples', 'frameworks');

after(() => esbuild.stop());

async function replicaOf(file: string): Promise<Replica> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(EXAMPLES, file)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    write: false,
  });
  const source = { files: { 'index.js': String(outputFiles[0]?.text) }, entry: 'index.js' };
  const { chunks } = await compileSource(source, { handler: 'default', signature: 'auto' }, esbuild);
  const variables = chunks.map((chunk, index) => [`CATNAP_BUNDLE_${index}`, chunk] as const);
  return new Replica({ ...Object.fromEntries(variables), CATNAP_BUNDLE_CHUNKS: String(chunks.length) });
}

suite('an app of a framework, bundled with its packages', { concurrency: 2 }, () => {
  for (const file of ['express.ts', 'fastify.ts']) {
    test(`${file} answers as it is`, async () => {
      await using replica = await replicaOf(file);
      const origin = await replica.origin();
      assert.deepEqual(await (await fetch(`${origin}/orders/7`)).json(), { id: '7' });
      const headers = { 'content-type': 'application/json' };
      const made = await fetch(`${origin}/orders`, { method: 'POST', body: '{"cents":1}', headers });
      assert.deepEqual([made.status, await made.json()], [201, { cents: 1 }]);
      assert.equal((await fetch(`${origin}/none`)).status, 404);
    });
  }
});
