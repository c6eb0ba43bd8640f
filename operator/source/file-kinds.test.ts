import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import type { SourceFiles } from '../function/revision.ts';
import { bundle } from './bundle.ts';

after(() => esbuild.stop());

const compile = (source: SourceFiles) => bundle(source, { handler: 'default', signature: 'auto' }, esbuild);

async function run(files: Record<string, string>, binary?: Record<string, string>): Promise<unknown> {
  const { code } = await compile({ files, ...(binary && { binary }), entry: 'index.ts' });
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return module.default();
}

/** `(module (func (export "two") (result i32) i32.const 2))`. */
const WASM = Buffer.from('0061736d010000000105016000017f030201000707010374776f00000a0601040041020b', 'hex').toString(
  'base64',
);

test('pages, queries and the like are imported as text', async () => {
  const files = {
    'index.ts': `import page from './page.html'; import query from './sql/all.sql'; import css from './a.css';
      const readme = require('./README.md'); export default () => [page, query, css, readme];`,
    'page.html': '<p>ü</p>',
    'sql/all.sql': 'select 1',
    'a.css': '@import "gone.css"; p { background: url(gone.png) }',
    'README.md': '# hi',
  };
  assert.deepEqual(await run(files), [files['page.html'], files['sql/all.sql'], files['a.css'], files['README.md']]);
});

test('any file is imported as text or bytes where the import says so', async () => {
  const made = await run({
    'index.ts': `import page from './page.html' with { type: 'bytes' }; import code from './code.ts' with { type: 'text' };
      import odd from './odd.rst' with { type: 'text' }; export default () => [Buffer.from(page).toString(), code, odd];`,
    'page.html': '<p>ü</p>',
    'code.ts': 'let let',
    'odd.rst': 'odd',
  });
  assert.deepEqual(made, ['<p>ü</p>', 'let let', 'odd']);
});

test('files that are no text are imported as bytes, WebAssembly as a module of it', async () => {
  const source = `import logo from './logo.png'; import two from './two.wasm'; import raw from './two.wasm' with { type: 'bytes' };
    import own from './own.rst';
    export default () => [[...logo], new WebAssembly.Instance(two).exports.two(), raw.length, [...own], logo instanceof Uint8Array];`;
  const binary = { 'logo.png': Buffer.from([0, 255, 1]).toString('base64'), 'two.wasm': WASM, 'own.rst': 'AQ==' };
  assert.deepEqual(await run({ 'index.ts': source }, binary), [[0, 255, 1], 2, 36, [1], true]);
});

test('files of own whose name is computed are found, of each kind', async () => {
  const made = await run({
    'index.ts': `const load = async (name: string) => (await import(\`./lang/\${name}\`)).default;
      const page = (name: string) => require('./pages/' + name + '.html');
      const raw = (name: string) => import(\`./pages/\${name}.rst\`, { with: { type: 'text' } });
      export default async () => [await load('de.ts'), await load('en.json'), await load('fr.txt'), page('a'), (await raw('b')).default];`,
    'lang/de.ts': 'export default "hallo"',
    'lang/en.json': '"hello"',
    'lang/fr.txt': 'salut',
    'pages/a.html': '<a>',
    'pages/b.rst': 'b',
  });
  assert.deepEqual(made, ['hallo', 'hello', 'salut', '<a>', 'b']);
});

test('what is never imported is said', async () => {
  const files = {
    'index.ts': `import type { A } from './types.ts'; import page from './page.html'; export default (): A => page;`,
    'types.ts': 'export type A = string',
    'env.d.ts': 'declare const x: string',
    'page.html': '',
    'views/a.ejs': '',
  };
  const { notes } = await compile({ files, entry: 'index.ts' });
  assert.deepEqual(notes, ['1 file is never imported, and not there when the function runs: views/a.ejs']);
  const { 'views/a.ejs': _, ...all } = files;
  assert.deepEqual((await compile({ files: all, entry: 'index.ts' })).notes, []);
});
