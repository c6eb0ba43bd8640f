/** A function as the operator compiles it, run by the runtime of the image. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import * as esbuild from 'esbuild';
import { compileSource } from '../operator/source/compile-source.ts';
import { Replica } from '../runtime-image/testing/replica.ts';

after(() => esbuild.stop());

async function replicaOf(files: Record<string, string>): Promise<Replica> {
  const handler = { handler: 'default', signature: 'auto' } as const;
  const { chunks } = await compileSource({ files, entry: 'index.ts' }, handler, esbuild);
  const variables = chunks.map((chunk, index) => [`CATNAP_BUNDLE_${index}`, chunk] as const);
  return new Replica({ ...Object.fromEntries(variables), CATNAP_BUNDLE_CHUNKS: String(chunks.length) });
}

const BUSY = 'const end = performance.now() + 60; while (performance.now() < end);';

suite('a compiled function', { concurrency: 2 }, () => {
  test('an error is logged with the lines of the TypeScript files', async () => {
    await using replica = await replicaOf({
      'index.ts': `import { check } from './lib/check.ts';
interface Unused {
  a: string;
}

export default function handler(request: Request): string {
  return check(request.url as string);
}`,
      'lib/check.ts': `type Unused = 1;
export function check(url: string): string {
  throw new TypeError(\`not \${url.length}\`);
}`,
    });
    await fetch(await replica.origin());
    const { err } = await replica.line((line) => line.msg === 'handler failed');
    const { stack } = err as { stack: string };
    assert.match(
      stack,
      /^TypeError: not \d+\n {4}at check \(.*\/function\/lib\/check\.ts:3:9\)\n {4}at handler \(.*\/function\/index\.ts:7:10\)/,
    );
  });

  test('the start says which of several files is slow', async () => {
    await using replica = await replicaOf({
      'index.ts': `import './fast.ts'; import { slow } from './lib/slow.ts'; export default () => slow;`,
      'fast.ts': `export const fast = 1;`,
      'lib/slow.ts': `${BUSY} export const slow = 'slow';`,
    });
    assert.equal(await (await fetch(await replica.origin())).text(), 'slow');
    const { importSeconds, startSeconds } = await replica.line((line) => line.msg === 'started');
    const [slowest] = Object.entries(importSeconds as Record<string, number>);
    assert.equal(slowest?.[0], 'lib/slow.ts');
    assert.ok(slowest[1] >= 0.059 && slowest[1] <= (startSeconds as { import: number }).import, String(slowest[1]));
    const shown = /_import_seconds\{module="lib\/slow.ts"\} (\S+)/.exec(await replica.metrics())?.[1];
    assert.ok(Math.abs(Number(shown) - slowest[1]) < 0.001, `${shown} in the metrics`);
  });

  test('the start says which package of a function that was bundled beforehand is slow', async () => {
    const bundled = `var __getOwnPropNames = Object.getOwnPropertyNames;
      var __commonJS = (cb, mod) => function __require() {
        return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
      };
      var require_slow = __commonJS({ 'node_modules/slow/lib/slow.js'(exports, module) { ${BUSY} module.exports = 'slow'; } });
      var slow = require_slow();
      export default () => slow;`;
    await using replica = await replicaOf({ 'index.ts': bundled });
    assert.equal(await (await fetch(await replica.origin())).text(), 'slow');
    const { importSeconds } = await replica.line((line) => line.msg === 'started');
    assert.ok(((importSeconds as Record<string, number>)['node_modules/slow'] ?? 0) >= 0.059);
  });

  test('a function of one file says no more than its import', async () => {
    await using replica = await replicaOf({ 'index.ts': `${BUSY} export default () => 'one';` });
    const started = await replica.line((line) => line.msg === 'started');
    assert.equal(started.importSeconds, undefined);
    assert.ok((started.startSeconds as { import: number }).import >= 0.059);
  });
});
