// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text of functions
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { bundle } from './bundle.ts';

after(() => esbuild.stop());

async function load(files: Record<string, string>, entry = 'index.ts') {
  const { code } = await bundle({ files, entry }, { handler: 'default', signature: 'auto' }, esbuild);
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return module.default;
}

const LANGUAGES = {
  'lang/en.ts': 'export default "hello" as string;',
  'lang/de.ts': 'export default "hallo";',
  'lang/sub/fr.ts': 'export default "salut";',
};

for (const [form, call] of Object.entries({
  template: 'import(`./lang/${n}.ts`)',
  'template without extension': 'import(`./lang/${n}`)',
  'template as it is once compiled': 'import(`./lang/${n}.js`)',
  sum: `import('./lang/' + n + '.ts')`,
  'sum of three': `import('./lang/' + n.slice(0) + '' + '.ts')`,
  'with a comment': 'import(/* one of ours */ `./lang/${n}.ts`)',
})) {
  test(`a computed import finds the function's own files: ${form}`, async () => {
    const call_ = `export default async (n: string) => (await ${call}).default;`;
    const hello = await load({ 'index.ts': call_, ...LANGUAGES });
    assert.deepEqual(await Promise.all(['en', 'de', 'sub/fr'].map(hello)), ['hello', 'hallo', 'salut']);
    await assert.rejects(hello('es'), {
      code: 'ERR_MODULE_NOT_FOUND',
      message: /\.\/lang\/es.* imported from index\.ts/,
    });
    await assert.rejects(hello('toString'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
}

test('a computed require finds the own files, from the folder of the file it stands in', async () => {
  const get = await load(
    {
      'src/index.js': `module.exports = (n) => require('../data/' + n + '.json');`,
      'data/a.json': '{"a":1}',
      'data/b.json': '[2]',
    },
    'src/index.js',
  );
  assert.deepEqual([get('a'), get('b')], [{ a: 1 }, [2]]);
  assert.throws(() => get('c'), { code: 'ERR_MODULE_NOT_FOUND' });
});

test('texts and bytes are imported by their attribute, computed or not', async () => {
  const get = await load({
    'index.ts': `import page from './a.html' with { type: 'text' };
      export default async (n) => [page, (await import(\`./t/\${n}.sql\`, { with: { type: 'text' } })).default,
        (await import('./t/' + n + '.bin', { with: { type: 'bytes' } })).default];`,
    'a.html': '<p>',
    't/x.sql': 'select',
    't/x.bin': 'é',
  });
  assert.deepEqual(await get('x'), ['<p>', 'select', new Uint8Array([0xc3, 0xa9])]);
});

test('a choice between files, one of them computed, still finds both', async () => {
  const get = await load({
    'index.ts': `export default (n) => require(n ? './a.ts' : './b' + '.ts');`,
    'a.ts': 'export const a = 1',
    'b.ts': 'export const b = 2',
  });
  assert.equal(get(true).a, 1);
});

test("a computed import of Node's modules still leads there", async () => {
  const get = await load({ 'index.ts': 'export default async (n) => (await import(`node:${n}`)).sep;' });
  assert.equal(await get('path'), '/');
});

test('a mistake in a line with a computed import is shown as the user wrote it', async () => {
  const compiled = load({ 'index.ts': '/* é */ import(`./${1}`); import "gone";\nexport default 1;' });
  await assert.rejects(
    compiled,
    /^SourceError: index\.ts:1:34: the import "gone".*The line is `\/\* é \*\/ import\(`/s,
  );
});

test('a statement that begins with a computed import needs no semicolon before it', async () => {
  const get = await load({
    'index.ts': 'let n = 0\nconst f = () => n++\nimport(`./${"a"}.ts`)\nexport default () => n',
    'a.ts': 'export {}',
  });
  assert.equal(get(), 0);
});

test('a byte order mark, other line ends and characters of several bytes do not move the calls', async () => {
  const text = '\uFEFF// é\r\n/* ☃\u2028\r💤 */ const é = "\uD800"; export default (n) => import(`./${n}.ts`);';
  const get = await load({ 'index.ts': text, 'a.ts': 'export const a = 1;' });
  assert.equal((await get('a')).a, 1);
});

test('positions in the source map stay those of the source', async () => {
  const files = {
    'index.ts': 'export default async (n) => { await import(`./${n}.ts`); throw new Error("x") }',
    'a.ts': '',
  };
  const { code } = await bundle({ files, entry: 'index.ts' }, { handler: 'default', signature: 'auto' }, esbuild);
  const map = JSON.parse(Buffer.from(code.split('base64,').at(-1) ?? '', 'base64').toString());
  assert.equal(map.sourcesContent[map.sources.indexOf('index.ts')], files['index.ts']);
});
