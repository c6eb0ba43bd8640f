import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { bundle } from './bundle.ts';
import { SourceError } from './source-error.ts';

after(() => esbuild.stop());

const compile = (files: Record<string, string>, entry = 'index.ts') =>
  bundle({ files, entry }, { handler: 'default', signature: 'auto' }, esbuild);

async function run(files: Record<string, string>, entry?: string): Promise<unknown> {
  const { code } = await compile(files, entry);
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return module.default();
}

async function failure(config: string, files: Record<string, string> = {}): Promise<string> {
  const error = await compile({ 'index.ts': 'export default 1', 'tsconfig.json': config, ...files }).then(
    () => assert.fail('it compiled'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SourceError, String(error));
  return `${error.reason}: ${error.message}`;
}

test('paths and baseUrl say where names lead', async () => {
  const config = `{
    // As tsc --init writes it.
    "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"], "@/own": ["src/mine.ts"], "#db": ["gone/db", "src/db",], }, },
  }`;
  const files = {
    'index.ts': `import { a } from '@/a'; import { own } from '@/own'; import { db } from '#db'; import { c } from 'src/c.js'; import { sep } from 'path';
      export default () => [a, own, db, c, sep];`,
    'src/a.ts': `export const a = 'a'`,
    'src/own.ts': `export const own = 'not this'`,
    'src/mine.ts': `export const own = 'mine'`,
    'src/db/index.ts': `export const db = 'db'`,
    'src/c.ts': `export const c = 'c'`,
    'tsconfig.json': config,
  };
  assert.deepEqual(await run(files), ['a', 'mine', 'db', 'c', '/']);
});

test('decorators are those that it asks for', async () => {
  const source = `const seen: string[] = [];
    const noted = (target: object, key?: string, index?: number) => { seen.push(typeof target + ' ' + key + ' ' + index); };
    class A { constructor(@noted a: string) {} @noted b = 1; }
    export default () => seen;`;
  const config = '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }';
  assert.deepEqual(await run({ 'index.ts': source, 'tsconfig.json': config }), [
    'object b undefined',
    'function undefined 0',
  ]);
  const { notes } = await compile({ 'index.ts': source, 'tsconfig.json': config });
  assert.match(notes.join(), /^tsconfig\.json: emitDecoratorMetadata has no effect/);
});

test('class fields are set as its target says, and code is that of Node all the same', async () => {
  const source = `class A { set x(value: number) { seen.push('set') } } class B extends A { x = 1 }
    const seen: string[] = []; new B(); export default async () => [...seen, await import('node:path') ? 'ok' : ''];`;
  assert.deepEqual(await run({ 'index.ts': source, 'tsconfig.json': '{"compilerOptions":{"target":"ES5"}}' }), [
    'set',
    'ok',
  ]);
  assert.deepEqual(await run({ 'index.ts': source, 'tsconfig.json': '{"compilerOptions":{"target":"ES2022"}}' }), [
    'ok',
  ]);
});

test('JSX is made as it says, preserved JSX by the runtime that it imports from', async () => {
  const jsx = `export const jsx = (tag: string) => 'made ' + tag; export const jsxs = jsx;`;
  const files = { 'page.tsx': 'export const page = () => <p />', 'own/jsx-runtime.ts': jsx };
  const index = `import { page } from './page.tsx'; export default page;`;
  for (const mode of ['react-jsx', 'preserve']) {
    const config = `{"compilerOptions":{"jsx":"${mode}","jsxImportSource":"own","baseUrl":"./"}}`;
    assert.equal(await run({ ...files, 'index.ts': index, 'tsconfig.json': config }), 'made p');
  }
  const classic = '{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}';
  const own = { 'page.tsx': 'const h = (tag: string) => "h " + tag; export const page = () => <p />' };
  assert.equal(await run({ ...own, 'index.ts': index, 'tsconfig.json': classic }), 'h p');
});

test('it extends others among the files, and what is nearer counts', async () => {
  const files = {
    'app/index.ts': `import { a } from '@/a'; export default () => a;`,
    'app/src/a.ts': `export const a = 'app'`,
    'base/src/a.ts': `export const a = 'base'`,
    'base/tsconfig.base.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"] } } }',
    'app/tsconfig.json': '{ "extends": ["@tsconfig/node24/tsconfig.json", "../base/tsconfig.base"] }',
    'tsconfig.json': 'not read',
  };
  assert.equal(await run(files, 'app/index.ts'), 'base');
  const { notes } = await compile(files, 'app/index.ts');
  assert.match(notes[0] ?? '', /^app\/tsconfig\.json extends "@tsconfig\/node24\/tsconfig\.json", .* no effect$/);
  const own = {
    ...files,
    'app/tsconfig.json': '{ "extends": "../base/tsconfig.base.json", "compilerOptions": { "baseUrl": "." } }',
  };
  assert.equal(await run(own, 'app/index.ts'), 'app');
});

test('a broken one is told with its position', async () => {
  assert.match(
    await failure('{\n  "compilerOptions": { /* ü */ "strict": tru }\n}'),
    /^CompileFailed: tsconfig\.json:2:\d+: .*tru/,
  );
  assert.match(await failure('{ "compilerOptions": '), /^CompileFailed: tsconfig\.json:1:\d+: /);
  assert.match(await failure('[]'), /^CompileFailed: tsconfig\.json is no object/);
  assert.match(
    await failure('{"compilerOptions":{"paths":{"a":"b"}}}'),
    /^CompileFailed: tsconfig\.json has paths that/,
  );
  assert.match(
    await failure('{"compilerOptions":{"jsx":1}}'),
    /^CompileFailed: tsconfig\.json has a jsx that is no string/,
  );
  assert.match(
    await failure('{"extends":"./gone.json"}'),
    /^CompileFailed: tsconfig\.json extends "\.\/gone\.json", which is not among/,
  );
  assert.match(await failure('{"extends":"./tsconfig.json"}'), /^CompileFailed: tsconfig\.json extends itself/);
});

test('one that is hostile costs a message', async () => {
  assert.match(await failure(`{ "a": "${'x'.repeat(70_000)}" }`), /longer than 64 KiB/);
  assert.match(await failure('/*'.repeat(30_000)), /^CompileFailed: tsconfig\.json:1:/);
  assert.match(await failure('['.repeat(60_000)), /^CompileFailed: /);
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `t${index}.json`,
      `{"extends":["./t${index + 1}.json","./t${index + 1}.json"]}`,
    ]),
  );
  assert.match(await failure('{"extends":"./t0.json"}', { ...many, 't40.json': '{}' }), /more than 16 that extend/);
  const config = '{"compilerOptions":{"paths":{"__proto__":["./a"],"*":["../../../etc/*"]}}}';
  await assert.rejects(compile({ 'index.ts': `import x from 'passwd'; export default x`, 'tsconfig.json': config }), {
    message: /cannot be resolved/,
  });
});

test('an entry that is written from the root is looked for like any other, to an end', async () => {
  for (const entry of ['/index.ts', '//a/index.ts', '../index.ts', '/']) {
    await compile({ [entry]: 'export default 1' }, entry).catch((error: unknown) =>
      assert.ok(error instanceof SourceError, String(error)),
    );
  }
});
