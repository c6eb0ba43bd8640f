import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CredentialFile } from './credential-file.ts';

async function aFile(t: { after: (fn: () => Promise<void>) => void }, content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-credential-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'token');
  await writeFile(path, content);
  return path;
}

test('a token is used for a while, then read again', async (t) => {
  const path = await aFile(t, 'old\n');
  const patient = new CredentialFile(path, 60_000);
  const impatient = new CredentialFile(path, 0);
  assert.deepEqual([await patient.read(), await impatient.read()], ['old', 'old']);
  await writeFile(path, 'new\n');
  assert.deepEqual([await patient.read(), await impatient.read()], ['old', 'new']);
  patient.forget();
  assert.equal(await patient.read(), 'new');
});

test('a file that goes away leaves what it held', async (t) => {
  const path = await aFile(t, 'old');
  const file = new CredentialFile(path, 0);
  await file.read();
  await rm(path);
  assert.equal(await file.read(), 'old');
});

test('a file that was never there is an error that names it', async () => {
  await assert.rejects(new CredentialFile('/nowhere/token').read(), /\/nowhere\/token/);
});
