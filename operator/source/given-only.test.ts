import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { bundle } from './bundle.ts';
import { SourceError } from './source-error.ts';

/** Text that stands in files of this machine, and in no function. */
const CANARY = 'canary-4f1c9';
const folder = mkdtempSync(join(tmpdir(), 'catnap-given-'));
// Where relative paths lead to that are taken from the working directory; the linter, which may run meanwhile, leaves dist/ out.
mkdirSync('dist', { recursive: true });
const nearby = mkdtempSync(join(process.cwd(), 'dist', 'canary-'));
for (const place of [folder, nearby]) {
  for (const name of ['a.json', 'a.txt', 'a.js', 'a.ts', 'a.css', 'a.js.map', 'package.json', 'tsconfig.json']) {
    writeFileSync(join(place, name), name.includes('js') || name.endsWith('.ts') ? `"${CANARY}"` : CANARY);
  }
  mkdirSync(join(place, 'sub'));
  writeFileSync(join(place, 'sub', 'a.json'), `"${CANARY}"`);
}
after(async () => {
  await esbuild.stop();
  rmSync(folder, { recursive: true });
  rmSync(nearby, { recursive: true });
});

const compile = (files: Record<string, string>, entry = 'index.ts') =>
  bundle({ files, entry }, { handler: 'default', signature: 'auto' }, esbuild);

/** The bundle, or what is said instead. */
const outcome = (files: Record<string, string>, entry?: string) =>
  compile(files, entry).then(
    ({ code }) => code + Buffer.from(code.split('base64,').at(-1) ?? '', 'base64').toString(),
    (error: unknown) => {
      if (!(error instanceof SourceError)) throw error;
      return error.message;
    },
  );

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const dataUrl = (value: unknown) => `data:application/json;base64,${base64(value)}`;
const mapTo = (...sources: string[]) => ({ version: 3, sources, names: [], mappings: 'AAAA' });
const absolute = join(folder, 'a.json');
const up = '../'.repeat(40);
const SOURCE = 'export default 1;\n';
const MAPS: Record<string, string> = {
  'a data URL': dataUrl(mapTo(`file://${absolute}`)),
  'a data URL, percent-encoded': `data:application/json,${encodeURIComponent(JSON.stringify(mapTo(`file://${absolute}`)))}`,
  'a data URL with a null content': dataUrl({ ...mapTo(`file://${absolute}`), sourcesContent: [null] }),
  'a data URL with too few contents': dataUrl({ ...mapTo('a.ts', `file://${absolute}`), sourcesContent: ['x'] }),
  'a data URL with a root': dataUrl({ ...mapTo(absolute), sourceRoot: 'file://' }),
  'an index map': dataUrl({
    version: 3,
    sections: [{ offset: { line: 0, column: 0 }, map: mapTo(`file://${absolute}`) }],
  }),
  'keys twice': `data:application/json,${encodeURIComponent(
    `{"version":3,"sources":["x"],"sourcesContent":["y"],"names":[],"mappings":"AAAA","sources":["file://${absolute}"],"sourcesContent":[null]}`,
  )}`,
  'a file URL': `file://${absolute}.map`,
  'a file URL with a host': `file://localhost${absolute}`,
  'an absolute path': absolute,
  'a relative path': `./${up}${absolute}`,
};
const COMMENTS: [form: string, (url: string) => string][] = [
  ['at the end', (url) => `${SOURCE}//# sourceMappingURL=${url}`],
  ['with an @', (url) => `${SOURCE}//@ sourceMappingURL=${url}\n`],
  ['as a block', (url) => `${SOURCE}/*# sourceMappingURL=${url} */`],
  ['at the beginning', (url) => `//# sourceMappingURL=${url}\n${SOURCE}`],
  ['after one without harm', (url) => `${SOURCE}//# sourceMappingURL=none:\n//# sourceMappingURL=${url}\n`],
  ['before one without harm', (url) => `/*@ sourceMappingURL=${url} */${SOURCE}//# sourceMappingURL=x.map`],
];
for (const [name, url] of Object.entries(MAPS)) {
  test(`a source map brings in no file of the machine: ${name}`, async () => {
    for (const [form, source] of COMMENTS) {
      for (const entry of ['index.ts', 'index.js', 'index.tsx', 'index.mjs']) {
        const made = await outcome({ [entry]: source(url) }, entry);
        assert.match(made, /index_default|Unexpected/, `${form}, ${entry}`);
        assert.ok(!made.includes(CANARY), `${form}, ${entry}`);
      }
    }
  });
}

const relativeTo = (place: string) => `${up}${place.slice(1)}`;
for (const [place, path] of [
  ['absolute', relativeTo(folder)],
  ['near the working directory', `../${nearby.slice(process.cwd().length + 1)}`],
  ['in the working directory', `./${nearby.slice(process.cwd().length + 1)}`],
] as const) {
  const code = [
    `export default (n) => import(\`${path}/\${n}\`, { with: { type: 'text' } })`,
    `export default (n) => import(\`${path}/\${n}.json\`)`,
    `export default (n) => import('${path}/' + n + '.json')`,
    `export default (n) => import(\`${path}/\${n}.json\`, { assert: { type: 'json' } })`,
    `export default (n) => import(\`${path}/\${n}\`, { with: { type: 'bytes' } })`,
    `enum E { up = '${path}/' } export default (n) => import(E.up + n + '.json')`,
    `export default (n) => import(n ? './x' : '${path}/' + n + '.json')`,
    `export default (n) => import.defer(\`${path}/\${n}.json\`)`,
    `export default (n) => import.source(\`${path}/\${n}.json\`)`,
    `export default (n) => require('${path}/' + n + '.json')`,
    `export default (n) => require(\`${path}/\${n}\`)`,
    `export default (n) => \\u0072equire(\`${path}/\${n}.json\`)`,
    `export default (n) => { try { return require(n ? '${path}/' + n : './x') } catch {} }`,
    `export default (n) => new URL(\`${path}/\${n}.json\`, import.meta.url)`,
    `export default (n) => require.resolve(\`${path}/\${n}.json\`)`,
    `export default new URL('${path}/a.json', import.meta.url)`,
    `export default require('data:text/javascript,//%23 sourceMappingURL=file://${absolute}')`,
    `export default require("data:text/javascript,module.exports=(n)=>require('${path}/'+n+'.json')")`,
    `export default require('data:text/css,@import "file://${absolute}"')`,
    ...['.json', '.txt', '.js', '.css', ''].flatMap((extension) => [
      `import x from '${path}/a${extension}'; export default x`,
      `import x from '${path}/a${extension}' with { type: 'text' }; export default x`,
      `export default require('${path}/a${extension}')`,
      `export default () => { try { return require('${path}/a${extension}') } catch {} }`,
      `export default require('${folder}/a${extension}')`,
      `export default import('file://${folder}/a${extension}')`,
    ]),
    `/** @jsxRuntime automatic @jsxImportSource ${path}/a */ export default <a/>`,
    `/// <reference path="${path}/a.ts" />\nexport default 1`,
  ];
  test(`no import brings in a file of the machine: ${place}`, async () => {
    for (const text of code) {
      assert.ok(!(await outcome({ 'index.tsx': text }, 'index.tsx')).includes(CANARY), text);
      assert.ok(!(await outcome({ 'lib/a/index.js': text }, 'lib/a/index.js')).includes(CANARY), text);
    }
  });
}

test('an entry that looks like a pattern is a file of its name', async () => {
  for (const entry of ['*.ts', `${relativeTo(folder)}/*.ts`, '../*/a.ts']) {
    assert.match(await outcome({ [entry]: SOURCE }, entry), /default/, entry);
  }
});

test('a device or a FIFO that a source map names is not opened', { timeout: 20_000 }, async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  for (const path of ['/dev/zero', '/dev/stdin', fifo]) {
    await compile({ 'index.ts': `${SOURCE}//# sourceMappingURL=file://${path}` });
    await compile({ 'index.ts': `${SOURCE}//# sourceMappingURL=${dataUrl(mapTo(`file://${path}`))}` });
  }
});

test('a map without contents in a file of a function does not keep it from compiling', async () => {
  for (const url of [
    dataUrl(mapTo('../src/a.ts')),
    dataUrl({ ...mapTo('a.ts'), sourcesContent: null }),
    'index.js.map',
  ]) {
    assert.match(await outcome({ 'index.js': `${SOURCE}//# sourceMappingURL=${url}` }, 'index.js'), /"index.js"/);
  }
});

test('a map with all its contents still leads to the original', async () => {
  const map = { ...mapTo('src/a.ts'), sourcesContent: ['export default 1 as number;'] };
  const { code } = await compile({ 'index.js': `${SOURCE}//# sourceMappingURL=${dataUrl(map)}` }, 'index.js');
  const made = JSON.parse(Buffer.from(code.split('base64,').at(-1) ?? '', 'base64').toString());
  assert.deepEqual([made.sources, made.sourcesContent], [['src/a.ts'], map.sourcesContent]);
});

test('the text of such a comment in a string, a template or an expression stays as it is', async () => {
  const text = '//# sourceMappingURL=';
  const source = `export default () => ["${text}", \`${text}\`, String.raw\`${text}\\u\`, /[/]# sourceMappingURL=/.source];`;
  const { code } = await compile({ 'index.ts': source });
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  assert.deepEqual(module.default(), [text, text, `${text}\\u`, '[/]# sourceMappingURL=']);
});

test('a mistake at the end of a file with such a comment is shown at its end', async () => {
  assert.match(await outcome({ 'index.ts': '//# sourceMappingURL=a\nexport default {' }), /^index\.ts:2:17: /);
});

test('the bundler opens no file of the machine', (t) => {
  if (spawnSync('strace', ['-V']).error !== undefined) {
    return t.skip('not checked: strace is not installed');
  }
  const script = `import * as esbuild from 'esbuild';
    import { bundle } from ${JSON.stringify(join(import.meta.dirname, 'bundle.ts'))};
    const files = { 'index.ts': \`import('${relativeTo(folder)}/' + n + '.json');\\nexport default 1;//\\n//# sourceMappingURL=file://${absolute}\` };
    await bundle({ files, entry: 'index.ts' }, { handler: 'default', signature: 'auto' }, esbuild);
    await esbuild.stop();`;
  const log = join(folder, 'strace');
  const traced = ['-f', '-e', 'trace=open,openat,stat,readlink,newfstatat', '-o', log];
  const run = spawnSync('strace', [...traced, process.execPath, '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
  });
  assert.equal(run.stderr.toString(), '');
  const opened = readFileSync(log, 'utf8');
  assert.match(opened, /esbuild/);
  assert.ok(!opened.includes(folder));
});
