import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastWords, parseIndex, selectLines } from './log-lines.ts';

const log = Buffer.from('one\ntwo\nthree\nfour');
const marks = parseIndex('4 1000\n14 2000\n');
const select = (query: Parameters<typeof selectLines>[2]) => selectLines(log, marks, query, 9_000).toString();

test('all, the last lines, or the first bytes', () => {
  assert.equal(select({}), 'one\ntwo\nthree\nfour');
  assert.equal(select({ tailLines: 2 }), 'three\nfour');
  assert.equal(select({ tailLines: 0 }), '');
  assert.equal(select({ limitBytes: 5 }), 'one\nt');
});

test('lines have the time at which the log had grown beyond them; what no mark covers is of now', () => {
  assert.equal(select({ sinceMs: 2_000 }), 'two\nthree\nfour');
  assert.equal(select({ sinceMs: 2_001 }), 'four');
  assert.equal(select({ tailLines: 1, timestamps: true }), '1970-01-01T00:00:09.000000000Z four');
});

test('the last words are at most 80 lines and 2 KiB', () => {
  const lines = Array.from({ length: 200 }, (_, index) => `line ${index}`).join('\n');
  assert.equal(
    lastWords(Buffer.from(`${lines}\n`))
      .split('\n')
      .filter(Boolean).length,
    80,
  );
  assert.equal(lastWords(Buffer.from('x'.repeat(5_000))).length, 2_048);
});
