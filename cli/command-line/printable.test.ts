import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from './printable.ts';

test('what would command the terminal is shown as unknown, lines and tabs stay', () => {
  assert.equal(printable('a\r\nb\tc'), 'a\nb\tc');
  assert.equal(printable('\u001b[31mred\u001b]0;title\u0007\r\u009b2J\u202eabc'), '�[31mred�]0;title���2J�abc');
  assert.equal(printable('größe ✓ 🐈'), 'größe ✓ 🐈');
});
