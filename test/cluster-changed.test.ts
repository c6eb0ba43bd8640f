import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inherited } from './support/settings.ts';

const SCRIPT = join(import.meta.dirname, '..', '.toolchain', 'cluster-changed');
const withoutGit = spawnSync('git', ['--version']).status === 0 ? false : 'not checked: git is not installed';
const author = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@x', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@x' };
const env = { ...inherited, ...author, GIT_CONFIG_NOSYSTEM: '1' };

function aCheckout(t: { after(end: () => void): void }) {
  const root = mkdtempSync(join(tmpdir(), 'catnap-changed-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (file: string) => {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), `${Math.random()}`);
  };
  mkdirSync(join(root, '.toolchain'));
  cpSync(SCRIPT, join(root, '.toolchain', 'cluster-changed'));
  for (const file of ['local/a.ts', 'operator/a.ts', 'platform/a.ts']) write(file);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, env, stdio: 'pipe' });
  const commit = () => {
    git('add', '.');
    git('commit', '-qm', 'x');
  };
  const changed = () => spawnSync(join(root, '.toolchain', 'cluster-changed'), { env }).status === 0;
  return { write, git, commit, changed };
}

test('the local cluster has changed where its files, or those of platform/, differ from main', {
  skip: withoutGit,
}, (t) => {
  const { write, git, commit, changed } = aCheckout(t);
  assert.equal(changed(), true, 'without a repository');
  git('init', '-q', '-b', 'main');
  commit();
  git('switch', '-qc', 'work');
  assert.equal(changed(), false, 'as main has it');
  write('operator/a.ts');
  commit();
  assert.equal(changed(), false, 'with a commit elsewhere');
  write('platform/a.ts');
  assert.equal(changed(), true, 'with an edit');
  commit();
  assert.equal(changed(), true, 'with a commit');
  git('switch', '-q', 'main');
  assert.equal(changed(), false, 'main itself');
  write('local/b.ts');
  assert.equal(changed(), true, 'with a new file');
  commit();
  git('branch', '-m', 'trunk');
  git('branch', '-D', 'work');
  assert.equal(changed(), true, 'without a main');
});
