import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandError } from '../command-line/command-error.ts';
import { testFolder } from '../testing/folder.ts';
import { readProject } from './read-project.ts';

const request = { command: 'deploy' } as const;

async function read(files: Record<string, string>) {
  await using folder = await testFolder(files);
  const project = await readProject(folder.path, request);
  return { ...project, at: (path: string) => join(folder.path, path) };
}

async function mistake(files: Record<string, string>): Promise<string> {
  const error = await read(files).then(
    () => assert.fail('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CommandError, String(error));
  assert.equal(error.exitCode, 2);
  return error.message;
}

test('a folder needs no settings: its name is the package, its entry src/index.ts', async () => {
  const project = await read({ 'package.json': '{ "name": "@acme/Shop_API" }', 'src/index.ts': '', 'index.js': '' });
  assert.equal(project.name, 'shop-api');
  assert.deepEqual(project.functions, [{ name: 'shop-api', entry: project.at('src/index.ts'), spec: {}, build: {} }]);
  assert.deepEqual(project.files, [project.at('package.json')]);
});

test('catnap.yaml gives name, namespace, entry and what is in the spec, as it is written', async () => {
  const project = await read({
    'catnap.yaml': `name: shop
namespace: team
entry: server.ts
build: { minify: false, external: [left] }
spec:
  timeoutSeconds: 10
  env: [{ name: A, value: b }]
  scaling: { maxReplicas: 3 }
`,
    'server.ts': '',
  });
  const { namespace, functions } = project;
  assert.equal(namespace, 'team');
  assert.deepEqual(functions, [
    {
      name: 'shop',
      entry: project.at('server.ts'),
      spec: { timeoutSeconds: 10, env: [{ name: 'A', value: 'b' }], scaling: { maxReplicas: 3 } },
      build: { minify: false, external: ['left'] },
    },
  ]);
});

test('a folder may have several functions, of code and of images', async () => {
  const project = await read({
    'catnap.yaml':
      'name: shop\nfunctions:\n  orders: { entry: src/orders.ts }\n  thumbs: { spec: { image: r/thumbs:1 } }\n  main:\n',
    'src/orders.ts': '',
    'index.mts': '',
  });
  assert.deepEqual(
    project.functions.map(({ name, entry }) => [name, entry]),
    [
      ['orders', project.at('src/orders.ts')],
      ['thumbs', undefined],
      ['main', project.at('index.mts')],
    ],
  );
});

test('a catnap.config.ts that never ends, ends with Ctrl-C, and one that ends its process is told', {
  timeout: 30_000,
}, async () => {
  for (const config of [
    'for (;;) globalThis.x = 1;',
    'export default () => new Promise(() => setInterval(() => 0, 9));',
  ]) {
    await using folder = await testFolder({ ...index, 'catnap.config.ts': config });
    const stop = new AbortController();
    const reading = readProject(folder.path, request, stop.signal);
    setTimeout(() => stop.abort(), 300);
    await assert.rejects(reading, { name: 'AbortError' });
  }
  assert.match(
    await mistake({ ...index, 'catnap.config.ts': 'process.exit(0)' }),
    /config\.ts: it ended before it had said its settings/,
  );
});

test('what is no file, and might never end, is not read', { timeout: 30_000 }, async () => {
  await using folder = await testFolder({ 'index.ts': '' });
  const problem = async () => {
    const error = await readProject(folder.path, request).then(
      () => assert.fail('it was accepted'),
      (thrown: Error) => thrown,
    );
    assert.ok(error instanceof CommandError, String(error));
    return error.message;
  };
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  await folder.write({ 'catnap.yaml': 'entry: pipe\n' });
  assert.match(await problem(), /pipe in \S+, which its entry names, is no file/);
  for (const name of ['package.json', 'catnap.yaml']) {
    await rm(join(folder.path, 'catnap.yaml'), { force: true });
    await symlink('/dev/zero', join(folder.path, name));
    assert.match(await problem(), /it is no file/);
    await rm(join(folder.path, name));
  }
  await folder.write({ 'package.json': `{"name":"${'x'.repeat(2 ** 20)}"}` });
  assert.match(await problem(), /package\.json: it is longer than 1 MiB/);
});

test('catnap.config.ts is typed, may import, and is told what for', async () => {
  const project = await read({
    'catnap.config.ts': `import { defineConfig } from 'catnap';
      import { limits } from './limits.ts';
      export default defineConfig(async ({ command }: { command: string }) => ({ name: command, spec: limits }));`,
    'limits.ts': 'export const limits: { timeoutSeconds: number } = { timeoutSeconds: 7 };',
    'index.ts': '',
  });
  assert.deepEqual([project.name, project.functions[0]?.spec], ['deploy', { timeoutSeconds: 7 }]);
  assert.deepEqual(project.files.toSorted(), [project.at('catnap.config.ts'), project.at('limits.ts')]);
});

const index = { 'index.ts': '' };
const MISTAKES: [what: string, files: Record<string, string>, says: RegExp][] = [
  ['no YAML', { ...index, 'catnap.yaml': 'name: [a' }, /^catnap\.yaml:1:9: /],
  [
    'of the wrong type',
    { ...index, 'catnap.yaml': 'name: a\nspec:\n  timeoutSeconds: soon\n' },
    /^catnap\.yaml:3:3: spec\.timeoutSeconds: .*number/,
  ],
  [
    'missing, for it is misspelt',
    { ...index, 'catnap.yaml': 'spec:\n  access:\n    - apiKeys: [{ name: ci, sha265: abc }]\n' },
    /^catnap\.yaml:3:17: spec\.access\[0\]\.apiKeys\[0\]\.sha256: it is missing; there is name, sha265/,
  ],
  [
    'not there',
    { ...index, 'catnap.yaml': 'spec:\n  timeOut: 3\n' },
    /^catnap\.yaml:2:3: spec\.timeOut: there is no such field/,
  ],
  [
    'not there, deep within',
    { ...index, 'catnap.yaml': 'spec:\n  scaling:\n    maxReplica: 3\n' },
    /^catnap\.yaml:3:5: spec\.scaling\.maxReplica: there is no such field/,
  ],
  [
    'not there, in a list',
    { ...index, 'catnap.yaml': 'spec:\n  env:\n    - { name: A, valu: b }\n' },
    /^catnap\.yaml:3:18: spec\.env\[0\]\.valu: there is no such field/,
  ],
  [
    'of one function beside several',
    { ...index, 'catnap.yaml': 'entry: a.ts\nfunctions: { a: }\n' },
    /^catnap\.yaml:1:1: entry: beside functions/,
  ],
  [
    'no name',
    { ...index, 'catnap.yaml': 'functions:\n  Not_One: {}\n' },
    /^catnap\.yaml:2:3: functions\.Not_One: a name is/,
  ],
  ['no functions', { ...index, 'catnap.yaml': 'functions: {}\n' }, /functions: there is no function in it/],
  ['no settings at all', { ...index, 'catnap.yaml': 'hello\n' }, /^catnap\.yaml:1:1: .*object/],
  ['given twice', { ...index, 'catnap.yaml': '', 'catnap.config.ts': '' }, /both catnap\.yaml and catnap\.config\.ts/],
  ['a module that does not compile', { ...index, 'catnap.config.ts': 'export default {' }, /catnap\.config\.ts:1:17: /],
  [
    'a module that throws',
    { ...index, 'catnap.config.ts': 'throw new Error("no STAGE")' },
    /catnap\.config\.ts: no STAGE/,
  ],
  ['a module without settings', { ...index, 'catnap.config.ts': 'export const a = 1' }, /no default export/],
  [
    'wrong in a module',
    { ...index, 'catnap.config.ts': 'export default { spec: { handlr: "a" } }' },
    /^catnap\.config\.ts: spec\.handlr: there is no such field/,
  ],
  ['an entry that is missing', { 'catnap.yaml': 'entry: src/gone.ts' }, /there is no src\/gone\.ts/],
  [
    'an entry beside an image',
    { ...index, 'catnap.yaml': 'entry: index.ts\nspec: { image: a }' },
    /both entry and spec\.image/,
  ],
  ['no code', { 'package.json': '{ "main": "dist/index.js" }', 'dist/index.js': '' }, /there is no code to deploy/],
  ['a package.json that is none', { ...index, 'package.json': '{' }, /package\.json: /],
];
for (const [what, files, says] of MISTAKES)
  test(`settings that are ${what} are refused, and it is said where`, async () => {
    assert.match(await mistake(files), says);
  });

test('aliases that grow beyond all bounds are refused', async () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`)
    .join('\n')}\n`;
  assert.match(await mistake({ ...index, 'catnap.yaml': bomb }), /alias/);
});
