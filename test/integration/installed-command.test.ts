/** The package `catnap`, installed in a folder that has nothing else: its own cluster runs without a checkout. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../local/package-root.ts';
import { DevProcess, Folders, processesOf } from '../support/dev-process.ts';
import { emptyProject, installCommand, runApart } from '../support/installed-command.ts';

let scratch = '';
let command = '';

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'catnap-installed-'));
  runApart(ROOT, process.execPath, '.toolchain/build.ts', 'cli', '--dist', join(scratch, 'dist'));
  runApart(scratch, 'npm', 'pack', '--offline', '--silent', '--ignore-scripts', join(scratch, 'dist', 'cli'));
  const file = (await readdir(scratch)).find((name) => name.endsWith('.tgz')) ?? '';
  await rm(join(scratch, 'dist'), { recursive: true });
  await emptyProject(join(scratch, 'project'));
  command = await installCommand(join(scratch, 'project'), join(scratch, file));
});
after(() => rm(scratch, { recursive: true }));

test('catnap dev of an installed package runs a folder on its own cluster, follows a save, and leaves nothing', async () => {
  await using folders = await Folders.create();
  const index = (text: string) => folders.write({ 'shop/index.ts': `export default (): string => '${text}';\n` });
  await index('first');
  await using dev = DevProcess.start(folders.path, ['shop'], [process.execPath, command]);
  await dev.answers('shop', 'first');
  await index('second');
  await dev.answers('shop', 'second');
  const state = await dev.stateFolder();
  assert.equal(await dev.interrupt(), 0);
  assert.deepEqual([existsSync(state), processesOf(join(scratch, 'project'))], [false, []]);
});
