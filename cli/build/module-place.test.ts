import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { build, run } from '../testing/build.ts';

after(() => esbuild.stop());

test('own modules have the place that they have in source that is not bundled, packages that of the whole', async () => {
  const files = {
    'index.ts': `import { place, own } from './src/esm.ts'; import common from './lib/common.js'; import pack from 'pack'; import esm from 'esm';
      export default () => [place, own, common, pack, esm];`,
    'src/esm.ts': `import { fileURLToPath } from 'node:url'; import { dirname } from 'node:path';
      export const place = [import.meta.dirname, import.meta.filename, import.meta.url, typeof __dirname];
      export const own = ((__dirname: string) => __dirname)('mine') + fileURLToPath(import.meta.url) + dirname('/a/b');`,
    'lib/common.js': `'use strict';\nmodule.exports = [__dirname, __filename, ((__dirname) => __dirname)('mine'), this === undefined || (() => { try { undeclared = 1; } catch { return 'strict'; } })()];`,
    'node_modules/pack/index.js': 'module.exports = require("path").basename(__dirname);',
    'node_modules/esm/package.json': '{ "type": "module" }',
    'node_modules/esm/index.js': 'export default import.meta.url;',
  };
  assert.deepEqual(await run(files), [
    ['/function/src', '/function/src/esm.ts', 'file:///function/src/esm.ts', 'string'],
    'mine/function/src/esm.ts/a',
    ['/function/lib', '/function/lib/common.js', 'mine', 'strict'],
    'function',
    'file:///function/index.js',
  ]);
});

test('a file that declares its own place keeps it', async () => {
  const made = await run({
    'index.ts': `import { dirname } from 'node:path'; import { fileURLToPath } from 'node:url';
      const __filename = fileURLToPath(import.meta.url); const __dirname = dirname(__filename);
      export default () => [__dirname, __filename];`,
  });
  assert.deepEqual(made, ['/function', '/function/index.ts']);
});

test('stacks name the own lines, also where a place was put in', async () => {
  for (const name of ['a.ts', 'b.js'] as const) {
    const files = {
      'index.ts': `import boom from './${name}'; export default () => boom();`,
      'a.ts': `// one\nconst where = import.meta.dirname;\nexport default (): string => { throw new Error(where); };\n`,
      'b.js': `// one\nconst where = __dirname;\nmodule.exports = () => { throw new Error(where); };\n`,
    };
    const { map, code } = await build(files, { minify: false });
    const { sources, sourcesContent } = JSON.parse(map);
    assert.equal(sourcesContent[sources.indexOf(name)], files[name]);
    const { SourceMap } = await import('node:module');
    const line = code.split('\n').findIndex((text) => text.includes('throw new Error'));
    const column = (code.split('\n')[line] ?? '').indexOf('throw');
    const entry = new SourceMap(JSON.parse(map)).findEntry(line, column) as {
      originalSource: string;
      originalLine: number;
    };
    assert.deepEqual([entry.originalSource, entry.originalLine], [name, 2]);
  }
});
