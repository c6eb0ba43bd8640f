import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { requireFits } from './size-limit.ts';

const built = (code: string) => ({
  code,
  map: '{}',
  inputs: [],
  warnings: [],
  sizes: [
    { name: 'big', bytes: 2_000_000 },
    { name: 'own code', bytes: 10 },
  ],
});

test('code that no pod can be handed is refused before it is sent, with what is largest in it', () => {
  assert.throws(() => requireFits('shop', built(randomBytes(1_300_000).toString('hex'))), {
    exitCode: 5,
    message:
      /^shop: its code takes 1,\d{3} KiB compressed.*The largest parts, uncompressed: big 1,954 KiB, own code 1 KiB/,
  });
});

test('code that is large and shrinks is not', () => {
  requireFits('shop', built('export const a = 1;\n'.repeat(300_000)));
  requireFits('shop', built('1;'));
});
