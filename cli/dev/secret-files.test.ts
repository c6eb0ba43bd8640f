import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandError } from '../command-line/command-error.ts';
import { testFolder } from '../testing/folder.ts';
import { readSecretFiles } from './secret-files.ts';

test('each folder below .secrets is a Secret, each file in it a key, byte for byte', async () => {
  await using folder = await testFolder({
    '.secrets/stripe/key': 'k\n',
    '.secrets/stripe/raw': Uint8Array.of(255),
    '.secrets/mail/password': 'p',
    '.secrets/notes.txt': 'no Secret',
    '.secrets/mail/deeper/no-key': '',
  });
  assert.deepEqual(await readSecretFiles(folder.path), [
    { name: 'mail', data: { password: 'cA==' } },
    { name: 'stripe', data: { key: 'awo=', raw: '/w==' } },
  ]);
});

test('a folder without .secrets has none', async () => {
  await using folder = await testFolder({ 'index.ts': '' });
  assert.deepEqual(await readSecretFiles(folder.path), []);
});

test('a Secret that no API server takes is refused with its name', async () => {
  await using folder = await testFolder({ '.secrets/big/file': '' });
  await truncate(join(folder.path, '.secrets/big/file'), 2 ** 32); // more than is ever read at once
  await assert.rejects(
    readSecretFiles(folder.path),
    (error) => error instanceof CommandError && /\.secrets\/big /.test(error.message),
  );
});
