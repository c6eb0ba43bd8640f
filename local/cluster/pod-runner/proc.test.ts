import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat, startTicks } from './proc.ts';

test('a program may have spaces and parentheses in its name', () => {
  const rest = ['S', ...Array.from({ length: 18 }, (_, index) => String(index)), '4711', '0'].join(' ');
  assert.equal(parseStat(`12 (a) b (c)) ${rest}`), '4711');
});

test('what is left of a process counts as none', () => {
  assert.equal(parseStat(`12 (a) Z ${Array(30).fill('1').join(' ')}`), undefined);
  assert.equal(startTicks(2 ** 22 + 1), undefined);
  assert.match(startTicks(process.pid) ?? '', /^\d+$/);
});
