import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { bundle } from './bundle.ts';

after(() => esbuild.stop());

async function run(files: Record<string, string>, entry = 'index.ts'): Promise<unknown> {
  const { code } = await bundle({ files, entry }, { handler: 'default', signature: 'auto' }, esbuild);
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return module.default();
}

test('a CommonJS module knows its folder and its name', async () => {
  const files = {
    'index.js': `const inner = require('./lib/inner'); const path = require('path');
      module.exports = () => [path.join(__dirname, 't'), __filename, ...inner];`,
    'lib/inner.js': `'use strict';\nfunction own(__dirname) { return __dirname }\nmodule.exports = [__dirname, __filename, own('mine')];`,
  };
  assert.deepEqual(await run(files, 'index.js'), [
    '/function/t',
    '/function/index.js',
    '/function/lib',
    '/function/lib/inner.js',
    'mine',
  ]);
});

test('an ES module knows them too, by either name, each its own', async () => {
  const files = {
    'index.ts': `import { inner } from './lib/inner.ts';
      export default () => [import.meta.dirname, import.meta.filename, import.meta.url, __dirname, { __filename }, inner];`,
    'lib/inner.ts': `import { dirname } from 'node:path'; import { fileURLToPath } from 'node:url';
      const __dirname = dirname(fileURLToPath(import.meta.url)); export const inner = __dirname;`,
  };
  assert.deepEqual(await run(files), [
    '/function',
    '/function/index.ts',
    'file:///function/index.ts',
    '/function',
    { __filename: '/function/index.ts' },
    '/function/lib',
  ]);
});

test('an ES module that is required knows where it is when it runs', async () => {
  const files = {
    'index.js': `const { place } = require('./lib/place.mjs'); module.exports = () => place;`,
    'lib/place.mjs': `export const place = [import.meta.dirname, typeof __dirname];`,
  };
  assert.deepEqual(await run(files, 'index.js'), ['/function/lib', 'string']);
});

test('what a file runs where it is the main program does not run in a function', async () => {
  const main = `let ran = 'no'; if (require.main === module) ran = 'yes'; module.exports = () => ran;`;
  assert.equal(await run({ 'index.js': main }, 'index.js'), 'no');
});

test('no line or column moves', async () => {
  const files = {
    'index.js': `module.exports = () => { const place = __dirname; return new Error(place).stack.split('\\n')[1]; };`,
    'plain.js': '',
  };
  const { code } = await bundle({ files, entry: 'index.js' }, { handler: 'default', signature: 'auto' }, esbuild);
  const plain = await bundle(
    {
      files: { ...files, 'index.js': (files['index.js'] ?? '').replace('__dirname', '"__xirname"') },
      entry: 'index.js',
    },
    { handler: 'default', signature: 'auto' },
    esbuild,
  );
  assert.equal(code.split('\n').length, plain.code.split('\n').length);
});

test('a mistake in a file that asks where it is, is shown as the user wrote it', async () => {
  await assert.rejects(run({ 'index.ts': `import x from './gone';\nexport default () => __dirname + x;` }), {
    message: /^index\.ts:1:15: there is no file for the import "\.\/gone" in spec\.source in `import x from/,
  });
});
