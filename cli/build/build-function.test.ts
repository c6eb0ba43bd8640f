import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { build, type Files, refusal, run } from '../testing/build.ts';

after(() => esbuild.stop());

test('packages go in with the code, in ES modules and CommonJS', async () => {
  const files = {
    'index.ts': `import one from 'one'; import { two } from '@acme/two'; export default (): unknown => [one, two()];`,
    'node_modules/one/package.json': '{ "main": "a.js" }',
    'node_modules/one/a.js': `const { posix } = require('path'); module.exports = posix.join('a', 'b');`,
    'node_modules/@acme/two/package.json': '{ "type": "module", "exports": { "import": "./two.js" } }',
    'node_modules/@acme/two/two.js': 'export const two = () => import.meta.url.slice(0, 5);',
  };
  assert.deepEqual(await run(files), ['a/b', 'data:']);
  const { sizes, inputs, folder } = await build(files);
  assert.deepEqual(sizes.map(({ name }) => name).toSorted(), ['@acme/two', 'one', 'own code']);
  assert.ok(inputs.includes(join(folder, 'node_modules/one/a.js')) && inputs.includes(join(folder, 'index.ts')));
});

test('tsconfig.json counts: paths, decorators, JSX that is to be preserved', async () => {
  const made = await run({
    'tsconfig.json':
      '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] }, "experimentalDecorators": true, "jsx": "preserve", "jsxImportSource": "tiny" } }',
    'index.ts': `import { page } from '~/page.tsx';
      const mark = (target: any, name: string) => { target.marked = name; };
      class A { @mark field = 1; declare marked: string; }
      export default () => [page, new A().marked];`,
    'src/page.tsx': 'export const page = <p>hi</p>;',
    'node_modules/tiny/jsx-runtime.js': 'export const jsx = (name, props) => name + props.children;',
  });
  assert.deepEqual(made, ['phi', 'field']);
});

test('files that are no code are imported as in source that is not bundled', async () => {
  const made = await run({
    'index.ts': `import page from './page.html'; import query from './all.sql'; import dot from './dot.png';
      import add from './add.wasm'; import odd from './odd.rst' with { type: 'text' }; import code from './page.html' with { type: 'bytes' };
      export default () => [page, query, [...dot], add instanceof WebAssembly.Module, odd, code.length];`,
    'page.html': '<p>ü</p>',
    'all.sql': 'select 1',
    'dot.png': Buffer.from([1, 255]),
    'add.wasm': Buffer.from('0061736d01000000', 'hex'),
    'odd.rst': 'odd',
  });
  assert.deepEqual(made, ['<p>ü</p>', 'select 1', [1, 255], true, 'odd', 9]);
});

test('equal files give equal bytes, wherever they lie, and no path of this machine', async () => {
  const files = {
    'index.ts': `import one from 'one'; export default () => one;`,
    'node_modules/one/index.js': 'module.exports = 1;',
  };
  for (const minify of [undefined, true, false]) {
    const settings = minify === undefined ? {} : { minify };
    const [here, there] = [await build(files, settings), await build(files, settings)];
    assert.deepEqual([here.code, here.map], [there.code, there.map]);
    assert.ok(!(here.code + here.map).includes(here.folder));
  }
});

test('the map has the paths from the folder, and the text of own files alone', async () => {
  const files = {
    'src/index.ts': `import one from 'one'; export default () => one;`,
    'node_modules/one/index.js': 'module.exports = 1;',
  };
  const { map } = await build(files, {}, 'src/index.ts');
  const { sources, sourcesContent } = JSON.parse(map);
  assert.deepEqual(sources, ['node_modules/one/index.js', 'src/index.ts']);
  assert.deepEqual(sourcesContent, ['', files['src/index.ts']]);
});

test('a CommonJS module exports itself by that name too, so that any of its properties may be the handler', async () => {
  for (const minify of [undefined, true, false]) {
    const settings = minify === undefined ? {} : { minify };
    const { code } = await build({ 'index.ts': `exports.hello = { world: () => 'named' };` }, settings);
    const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
    assert.deepEqual([module['module.exports'].hello.world(), module.default.hello.world()], ['named', 'named']);
  }
});

test('a package that is only tried for may be absent', async () => {
  const made = await run({
    'index.ts': `let pg; try { pg = require('pg-native'); } catch { pg = 'none'; } export default () => pg;`,
  });
  assert.equal(made, 'none');
});

test('classes of the same name say that name, in a bundle too', async () => {
  const made = await run({
    'index.ts': `import { Client as A } from './a.ts'; import { Client as B } from './b.ts'; export default () => [A.name, B.name];`,
    'a.ts': 'export class Client {}',
    'b.ts': 'export class Client {}',
  });
  assert.deepEqual(made, ['Client', 'Client']);
});

test('names stay unless they are to be shortened, and expressions may be given values', async () => {
  const files = { 'index.ts': 'function longName() { return STAGE; }\nexport default () => longName();' };
  assert.match((await build(files)).code, /function longName/);
  assert.doesNotMatch((await build(files, { minify: true })).code, /function longName/);
  assert.match((await build(files, { minify: false })).code, /\n {2}return STAGE/);
  assert.equal(await run(files, { define: { STAGE: '"test"' } }), 'test');
});

test('the Functions Framework is left to the runtime', async () => {
  const { code } = await build({
    'index.ts': `import { http } from '@google-cloud/functions-framework'; http('a', () => {});`,
    'node_modules/@google-cloud/functions-framework/index.js': 'exports.http = () => {};',
  });
  assert.match(code, /from"@google-cloud\/functions-framework"/);
});

const REFUSED: [what: string, files: Files, says: RegExp][] = [
  [
    'does not parse',
    { 'index.ts': 'export default 1;\nconst ä = a b;' },
    /^index\.ts:2:13: Expected ";" but found "b"\n {4}const ä = a b;\n {16}\^$/,
  ],
  ['lacks a file', { 'index.ts': `import './gone.ts';` }, /^index\.ts:1:8: there is no file "\.\/gone\.ts"\n/],
  [
    'lacks a package',
    { 'index.ts': `import '@acme/gone/x';` },
    /"@acme\/gone\/x" is not installed: npm install @acme\/gone\n/,
  ],
  ['takes values from the package of types', { 'index.ts': `import { x } from '@catnap/runtime'; x();` }, /only types/],
  [
    'imports what is of no known kind',
    { 'index.ts': `import './a.xyz';`, 'a.xyz': '' },
    /a\.xyz is neither TypeScript/,
  ],
];
for (const [what, files, says] of REFUSED)
  test(`code that ${what} is refused, and it is said where`, async () => {
    assert.match(await refusal(files), says);
  });
