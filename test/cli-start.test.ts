/** What the `catnap` command costs before it does anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from './support/imports.ts';

const cache = mkdtempSync(join(tmpdir(), 'catnap-start-'));
after(() => rmSync(cache, { recursive: true }));
const catnap = join(root, 'cli/bin/catnap');
const env = { ...process.env, XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: undefined };

/** Milliseconds. */
function timed(command: string, ...args: string[]): number {
  const beganMs = performance.now();
  const { status, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return performance.now() - beganMs;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

test('catnap --version prints the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const option of ['--version', '-V']) {
    const { stdout, stderr } = spawnSync(catnap, [option], { env, encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], [`${version}\n`, '']);
  }
});

test('an empty XDG_CACHE_HOME leaves nothing in the folder that catnap is called in', () => {
  const cwd = mkdtempSync(join(cache, 'cwd-'));
  const called = { cwd, env: { ...env, XDG_CACHE_HOME: '', HOME: join(cache, 'home') }, encoding: 'utf8' } as const;
  // As the installed package is called: the checkout's own script names a folder before.
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'cli/main.ts'), '--help'], called);
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(cwd), []);
});

test('catnap --version takes no more than twice as long as Node needs to start', () => {
  timed(catnap, '--version'); // the first one strips the types
  // In turn, so that what else the machine does falls on both.
  const pairs = Array.from({ length: 9 }, () => [timed(process.execPath, '-e', '0'), timed(catnap, '--version')]);
  const [bare, ours] = [0, 1].map((which) => median(pairs.map((pair) => pair[which] as number))) as [number, number];
  const ratios = median(pairs.map(([one, other]) => (other as number) / (one as number)));
  // Of two medians that noise moves, the better one is the one with less noise in it.
  assert.ok(Math.min(ours / bare, ratios) <= 2, `${ours.toFixed(0)} ms against ${bare.toFixed(0)} ms of a bare Node`);
});
