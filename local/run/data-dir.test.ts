import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimDataDir } from './data-dir.ts';

test('a folder that a killed run left behind can be claimed, whoever has its process id now', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-data-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'run.pid'), '1\n');
  await using claim = await claimDataDir(folder);
  assert.equal(claim.path, folder);
});

test('a folder that is made for the state is closed to others on this machine', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-data-'));
  t.after(() => rm(folder, { recursive: true }));
  await using claim = await claimDataDir(join(folder, 'state'));
  assert.equal((await stat(claim.path)).mode & 0o777, 0o700);
});
