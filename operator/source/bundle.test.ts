// Longer than 250 lines: one table of sources and what becomes of them.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { FRAMEWORK_GLOBAL, IMPORTED_GLOBAL, type Signature } from '#api/names.ts';
import { type Bundle, bundle } from './bundle.ts';
import { SourceError } from './source-error.ts';

after(() => esbuild.stop());

const compile = (
  files: Record<string, string>,
  { entry = 'index.ts', handler = 'default', signature = 'auto' as Signature } = {},
) => bundle({ files, entry }, { handler, signature }, esbuild);

async function failure(...args: Parameters<typeof compile>): Promise<SourceError> {
  const error = await compile(...args).then(
    () => assert.fail('it compiled'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SourceError, String(error));
  return error;
}

const load = ({ code }: Pick<Bundle, 'code'>) =>
  import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);

test('compiles TypeScript from several files into one module that runs', async () => {
  const made = await compile({
    'index.ts': `import { greet } from './lib/greet.js'; import data from './data.json'; import { basename } from 'path';
      export default (name: string): string => greet(name) + data.mark + basename('/a/b');`,
    'lib/greet.ts': 'export const greet = (name: string): string => "hello " + name;',
    'data.json': '{ "mark": "!" }',
  });
  const module = await load(made);
  assert.equal(module.default('you'), 'hello you!b');
});

test('a function that was bundled before registers itself where its bundle left `require` of the Functions Framework', async () => {
  const names: string[] = [];
  Object.assign(globalThis, { [Symbol.for(FRAMEWORK_GLOBAL)]: { http: (name: string) => names.push(name) } });
  const bundled = await esbuild.build({
    stdin: {
      contents: `const { http } = require('@google-cloud/functions-framework'); const { sep } = require('path'); http('a' + sep, () => 1);`,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    external: ['@google-cloud/functions-framework'],
    write: false,
  });
  await load(await compile({ 'index.js': bundled.outputFiles[0]?.text ?? '' }, { entry: 'index.js' }));
  assert.deepEqual(names, ['a/']);
});

test('a required builtin works although the bundle is an ES module', async () => {
  const made = await compile(
    { 'index.js': `const { sep } = require('path'); module.exports = () => sep;` },
    { entry: 'index.js' },
  );
  const module = await load(made);
  assert.equal(module.default(), '/');
});

test('the source map names the files by their own paths and holds their text', async () => {
  const { code, map } = await compile({ 'lib/a.ts': 'export default () => 1;' }, { entry: 'lib/a.ts' });
  const mapOf = (text: string) => JSON.parse(Buffer.from(text.split('base64,').at(-1) ?? '', 'base64').toString());
  assert.deepEqual(mapOf(code).sources, ['lib/a.ts']);
  assert.deepEqual(mapOf(code).sourcesContent, ['export default () => 1;']);
  assert.deepEqual(mapOf(code), map);
});

test('equal source gives equal code', async () => {
  const files = { 'index.ts': 'export default () => 1;' };
  assert.equal((await compile(files)).code, (await compile(files)).code);
});

test('what does not parse is reported with file, line and column in characters', async () => {
  const { reason, message } = await failure({
    'index.ts': 'const a = 1;\nconst é = "é"; const b = );\nexport default a;',
  });
  assert.equal(reason, 'CompileFailed');
  assert.match(message, /^index\.ts:2:26: Unexpected "\)"/);
});

test('an error in an imported file names that file', async () => {
  const { message } = await failure({ 'index.ts': `export * from './lib/x.ts'`, 'lib/x.ts': '\n  let let' });
  assert.match(message, /^lib\/x\.ts:2:/);
});

test('a package that is not there comes with the ways out', async () => {
  const { reason, message } = await failure({ 'index.ts': `import _ from 'lodash';\nexport default _;` });
  assert.equal(reason, 'CompileFailed');
  assert.match(message, /^index\.ts:1:15: the import "lodash" cannot be resolved/);
  assert.match(message, /Bundle the package.*image FROM.*spec\.image\. The line is `import _ from 'lodash';`$/);
});

test('a native addon needs an image, and is said to', async () => {
  const source = `const sharp = require('../build/Release/sharp.node'); module.exports = () => sharp;`;
  const { message } = await failure({ 'index.js': source }, { entry: 'index.js' });
  assert.match(message, /^index\.js:1:23: the native addon "\.\.\/build\/Release\/sharp\.node" cannot .*image FROM/);
});

test('a file that is not there is named', async () => {
  const { message } = await failure({ 'index.ts': `export { default } from './gone'` });
  assert.match(message, /^index\.ts:1:\d+: there is no file for the import "\.\/gone"/);
});

test('nothing outside the given files can be read', async () => {
  const { message } = await failure({ 'index.ts': `import passwd from '../../../etc/passwd'; export default passwd` });
  assert.match(message, /there is no file for the import/);
});

test('a missing handler lists the exports there are', async () => {
  const { reason, message } = await failure({ 'index.ts': 'export const main = 1, other = 2;' });
  assert.equal(reason, 'HandlerNotFound');
  assert.match(message, /index\.ts has no default export, .*; it exports: main, other/);
});

test('a named handler is found', async () => {
  const made = await compile({ 'index.ts': 'export function main() { return 7 }' }, { handler: 'main' });
  assert.equal((await load(made)).main(), 7);
});

test('the Functions Framework leads to the runtime, imported or required', async () => {
  const names: string[] = [];
  const framework = { http: (name: string) => names.push(name), cloudEvent: (name: string) => names.push(name) };
  Object.assign(globalThis, { [Symbol.for(FRAMEWORK_GLOBAL)]: framework });
  const source = `import functions, { cloudEvent } from '@google-cloud/functions-framework';
    functions.http('imported', () => {}); cloudEvent('named', () => {});`;
  await load(await compile({ 'index.ts': source }));
  const required = `const functions = require('@google-cloud/functions-framework');
    functions.http('required', (req, res) => res.send('hi'));`;
  await load(await compile({ 'index.js': required }, { entry: 'index.js' }));
  assert.deepEqual(names, ['imported', 'named', 'required']);
});

test('types of packages that are not there are erased', async () => {
  const source = `import type { APIGatewayProxyHandlerV2 } from 'aws-lambda'; import { CloudEvent } from 'cloudevents';
    export const handler: APIGatewayProxyHandlerV2 = async (event: CloudEvent<string>) => 'typed';`;
  assert.equal(await (await load(await compile({ 'index.ts': source }))).handler(), 'typed');
});

test('of the package with our types, types can be imported, and what is for tests cannot', async () => {
  const typed = `import { Context } from '@catnap/runtime'; import type { Handler } from '@catnap/runtime';
    const handler: Handler = (request, context: Context) => 'typed'; export default handler;`;
  assert.equal((await load(await compile({ 'index.ts': typed }))).default(), 'typed');
  const testing = `import { createTestContext } from '@catnap/runtime';\nexport default () => createTestContext();`;
  const { reason, message } = await failure({ 'index.ts': testing });
  assert.equal(reason, 'CompileFailed');
  assert.match(message, /^index\.ts:1:35: "@catnap\/runtime" has only types.*import type/);
});

test('a package that is tried for may be absent, one that is required may not', async () => {
  const tried = `let colours; try { colours = require('supports-color'); } catch (error) { colours = error.code; }
    module.exports = () => colours;`;
  const made = await load(await compile({ 'index.js': tried }, { entry: 'index.js' }));
  assert.equal(made.default(), 'MODULE_NOT_FOUND');
  const { message } = await failure({ 'index.js': `const _ = require('lodash');` }, { entry: 'index.js' });
  assert.match(message, /^index\.js:1:19: the import "lodash" cannot be resolved.*Bundle the package/);
});

test('a package bundled beforehand, in either format, still requires what is built in', async () => {
  const contents = `import { sep } from 'path'; const { EOL } = require('os'); export default () => sep + EOL;`;
  for (const format of ['esm', 'cjs'] as const) {
    const stdin = { contents, resolveDir: '/' };
    const first = await esbuild.build({ stdin, bundle: true, write: false, format, platform: 'node', minify: true });
    const made = await load(await compile({ 'index.js': first.outputFiles[0]?.text ?? '' }, { entry: 'index.js' }));
    const handler = made.default.default ?? made.default;
    assert.equal(handler(), '/\n');
  }
});

test('what CommonJS exports is left to the runtime', async () => {
  const made = await compile({ 'index.js': 'exports.hello = () => 1;' }, { entry: 'index.js', handler: 'hello' });
  assert.equal((await load(made)).default.hello(), 1);
});

test('an unused file of another kind does not matter, an imported one does', async () => {
  await compile({ 'index.ts': 'export default 1', 'README.md': '# hi' });
  const { message } = await failure({
    'index.ts': `import x from './notes.rst'; export default x`,
    'notes.rst': 'hi',
  });
  assert.match(message, /"notes\.rst" is neither TypeScript, JavaScript nor JSON.*with \{ type: "text" \}/);
});

test('of several files the end of each is marked, of one none; positions and texts stay the files’ own', async () => {
  const files = {
    'index.ts': `import { a } from './a.ts';\nexport default () => a;`,
    'a.ts': `export const a: number = 1`,
  };
  const { code } = await compile(files);
  const map = JSON.parse(Buffer.from(code.split('base64,').at(-1) ?? '', 'base64').toString());
  assert.deepEqual(map.sourcesContent, [files['a.ts'], files['index.ts']]);
  const ended: string[] = [];
  const key = Symbol.for(IMPORTED_GLOBAL);
  Object.assign(globalThis, { [key]: (module: string) => ended.push(module) });
  const made = await load({ code });
  Reflect.deleteProperty(globalThis, key);
  assert.deepEqual([made.default(), ended], [1, ['a.ts', 'index.ts']]);
  assert.doesNotMatch((await compile({ 'index.ts': 'export default () => 1;' })).code, /catnap/);
});

test('a mistake at the end of one of several files is shown as the user wrote it', async () => {
  const { message } = await failure({ 'index.ts': `import './a.ts'; export default () => {`, 'a.ts': 'let a = 1;' });
  assert.doesNotMatch(message, /catnap|globalThis/);
});

test('what was bundled beforehand tells of the packages whose names it kept, and runs the same', async () => {
  const packages: esbuild.Plugin = {
    name: 'packages',
    setup(build) {
      build.onResolve({ filter: /^(outer|inner)$/ }, ({ path }) => ({ path: `/node_modules/${path}/index.js` }));
      build.onLoad({ filter: /node_modules/ }, ({ path }) => ({
        contents: path.includes('outer') ? `exports.both = 'outer ' + require('inner');` : `module.exports = 'inner';`,
      }));
    },
  };
  const stdin = { contents: `import { both } from 'outer'; export default () => both;`, resolveDir: '/' };
  const options = {
    stdin,
    bundle: true,
    write: false,
    format: 'esm',
    absWorkingDir: '/',
    plugins: [packages],
  } as const;
  for (const isMinified of [false, true]) {
    const minify = { minifySyntax: isMinified, minifyWhitespace: isMinified };
    const { outputFiles } = await esbuild.build({ ...options, ...minify, plugins: [packages] });
    const made = await compile({ 'index.js': outputFiles[0]?.text ?? '' }, { entry: 'index.js' });
    const heard: string[] = [];
    const key = Symbol.for(IMPORTED_GLOBAL);
    const hear = (module: string, evaluate?: () => unknown) => {
      heard.push(module);
      return evaluate?.();
    };
    Object.assign(globalThis, { [key]: hear });
    assert.equal((await load(made)).default(), 'outer inner');
    assert.deepEqual(heard, ['node_modules/outer/index.js', 'node_modules/inner/index.js', 'index.js']);
    Reflect.deleteProperty(globalThis, key);
    const again = { ...made, code: `// again\n${made.code}` };
    assert.equal((await load(again)).default(), 'outer inner');
  }
});

test('a source that starts a server of its own is told of spec.image', async () => {
  for (const source of [
    `Deno.serve((request: Request) => new Response('hi'));`,
    `import { createServer } from 'node:http'; createServer(() => {}).listen(8080);`,
    `const app = { listen(port: number) {} };\napp.listen(3000);`,
  ]) {
    const { reason, message } = await failure({ 'index.ts': source });
    assert.equal(reason, 'HandlerNotFound');
    assert.match(message, /listens by itself.*spec\.image/);
  }
});
