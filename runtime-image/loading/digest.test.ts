import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from './digest.ts';

const LENGTHS = [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 1_000, 4_096, 65_535, 65_536, 65_537, 300_000];

test('the digest is that of node:crypto, whatever the length', () => {
  for (const length of LENGTHS) {
    const text = Array.from({ length }, (_, i) => String.fromCharCode(32 + ((i * 7919) % 95))).join('');
    assert.equal(sha256(text), hash('sha256', text), `${length} characters`);
  }
});

test('characters beyond ASCII count as UTF-8', () => {
  for (const text of ['é', '€uro'.repeat(20), '🐈'.repeat(33), '\u0000a', 'ü'.repeat(31)]) {
    assert.equal(sha256(text), hash('sha256', text), JSON.stringify(text));
  }
});
