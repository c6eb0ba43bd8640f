import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { secretFiles } from './secret-files.ts';
import { secretsOf } from './secrets.ts';

function aDirectory(): string & Disposable {
  const directory = mkdtempSync(path.join(tmpdir(), 'catnap-secrets-'));
  mkdirSync(path.join(directory, 'stripe'));
  writeFileSync(path.join(directory, 'stripe', 'key'), 'sk-1');
  writeFileSync(path.join(directory, 'outside'), 'no');
  return Object.assign(directory, { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) });
}

test('a secret is read as it is now', () => {
  using directory = aDirectory();
  const secrets = secretsOf(secretFiles(directory.toString()));
  assert.equal(secrets.get('stripe', 'key'), 'sk-1');
  writeFileSync(path.join(directory.toString(), 'stripe', 'key'), 'sk-2');
  assert.equal(secrets.get('stripe', 'key'), 'sk-2');
});

test('what is not there is named, with what to do', () => {
  using directory = aDirectory();
  const secrets = secretsOf(secretFiles(directory.toString()));
  assert.throws(() => secrets.get('github', 'token'), /not given the Secret "github": name it in spec\.secrets/);
  assert.throws(() => secrets.get('stripe', 'token'), /Secret "stripe" has no key "token"/);
});

test('no name leads out of the directory', () => {
  using directory = aDirectory();
  const secrets = secretsOf(secretFiles(directory.toString()));
  assert.throws(() => secrets.get('..', 'outside'), /no name of a Secret/);
  assert.throws(() => secrets.get('stripe', '../outside'), /no key of a Secret/);
  assert.throws(() => secrets.get('stripe', '..'), /no key of a Secret/);
});
