import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileFollower } from './file-follower.ts';

function aFile(t: TestContext, text = ''): string {
  const dir = mkdtempSync(join(tmpdir(), 'catnap-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'log');
  writeFileSync(path, text);
  return path;
}

function followed(path: string, more: { cutAtBytes?: number } = {}, from?: number) {
  const lines: string[] = [];
  const skipped: number[] = [];
  const options = {
    line: (text: string) => lines.push(text),
    skipped: (bytes: number) => skipped.push(bytes),
    ...more,
  };
  return { follower: new FileFollower(path, options, from), lines, skipped };
}

test('gives the lines that are added, each one when it is whole', (t) => {
  const path = aFile(t, 'old\n');
  const { follower, lines } = followed(path);
  appendFileSync(path, 'one\ntw');
  follower.look();
  assert.deepEqual(lines, ['one']);
  appendFileSync(path, 'o – ü\n\nthree\n');
  follower.look();
  assert.deepEqual(lines, ['one', 'two – ü', '', 'three']);
});

test('begins anew in a file that was cut, and hears nothing of one that is gone', (t) => {
  const path = aFile(t, 'old and long\n');
  const { follower, lines } = followed(path);
  truncateSync(path);
  appendFileSync(path, 'new\n');
  follower.look();
  rmSync(path);
  follower.look();
  assert.deepEqual(lines, ['new']);
});

test('leaves out the middle of what is written too fast, and says how much that was', (t) => {
  const path = aFile(t);
  const { follower, lines, skipped } = followed(path);
  appendFileSync(path, `${'x'.repeat(99)}\n`.repeat(10_000));
  follower.look();
  assert.ok(lines.length > 100 && lines.length < 2_000);
  assert.equal((skipped[0] ?? 0) + 128 * 1_024, 1_000_000);
});

test('cuts a file that grows without end, and loses no line by it', (t) => {
  const path = aFile(t);
  const { follower, lines } = followed(path, { cutAtBytes: 1_000 });
  for (let n = 0; n < 30; n += 1) {
    appendFileSync(path, `${'x'.repeat(99)}\n`);
    follower.look();
  }
  assert.equal(lines.length, 30);
  assert.ok(statSync(path).size < 1_100);
});
