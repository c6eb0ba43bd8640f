import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FolderChoice, folderFiles } from './folder-files.ts';
import { TEMPLATE_NAMES } from './template.ts';
import { TEMPLATES } from './templates.ts';
import { VERSIONS } from './versions.ts';

const CHECKOUT = { path: '/work/catnap/cli/bin/catnap' };
const made = (name: (typeof TEMPLATE_NAMES)[number], command: FolderChoice['command'] = CHECKOUT) =>
  folderFiles({ template: TEMPLATES[name], name: 'shop', runtime: '^1.2.3', command });
const packageOf = (command: FolderChoice['command']) => JSON.parse(made('hello', command)['package.json'] as string);

for (const name of TEMPLATE_NAMES)
  test(`${name} is a whole folder, named as its function, with exact versions`, () => {
    const files = made(name);
    for (const path of [
      'package.json',
      'tsconfig.json',
      '.gitignore',
      'README.md',
      'src/index.ts',
      'src/index.test.ts',
    ])
      assert.ok(files[path], path);
    for (const [path, text] of Object.entries(files)) assert.doesNotMatch(`${path} ${text}`, /\bNAME\b/, path);
    const { dependencies = {}, devDependencies, ...rest } = JSON.parse(files['package.json'] as string);
    assert.deepEqual(Object.keys(rest.scripts), ['dev', 'deploy', 'test', 'types']);
    assert.equal(rest.name, 'shop');
    assert.match(rest.scripts.test, /\.test\.ts/, 'a Node that finds no files of TypeScript must not pass');
    assert.match(files['.gitignore'] as string, /^\.env$/m);
    const { '@catnap/runtime': runtime, ...others } = devDependencies;
    assert.equal(runtime, '^1.2.3');
    for (const version of Object.values({ ...dependencies, ...others }))
      assert.match(String(version), /^\d+\.\d+\.\d+$/);
    assert.ok((files['README.md'] as string).trimEnd().split('\n').length <= 15);
  });

test('a folder made by the installed package brings the command', () => {
  const { scripts, devDependencies } = packageOf({ range: '^1.2.3' });
  assert.deepEqual([scripts.dev, scripts.deploy, devDependencies.catnap], ['catnap dev', 'catnap deploy', '^1.2.3']);
});

test("a folder made by a checkout runs that one's command, also where it is not on PATH", () => {
  const { scripts, devDependencies } = packageOf(CHECKOUT);
  assert.deepEqual([scripts.dev, devDependencies.catnap], ['/work/catnap/cli/bin/catnap dev', undefined]);
  assert.equal(packageOf({ path: "/my work/it's/catnap" }).scripts.deploy, `'/my work/it'\\''s/catnap' deploy`);
});

test('templates use the versions that are tried here', () => {
  const root = join(import.meta.dirname, '..', '..', 'node_modules');
  const tried = Object.entries(VERSIONS).filter(([name]) => existsSync(join(root, name)));
  assert.ok(tried.length >= 4);
  for (const [name, version] of tried)
    assert.equal(version, JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8')).version, name);
});
