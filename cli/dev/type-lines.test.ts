import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeLines } from './type-lines.ts';

test('of what the compiler says mistakes are shown, and that they are mended', () => {
  const shown = typeLines();
  const said = [
    '12:00:00 AM - Starting compilation in watch mode...',
    '',
    '12:00:01 AM - Found 0 errors. Watching for file changes.',
    '12:00:02 AM - File change detected. Starting incremental compilation...',
    "src/index.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
    '\u001b[90m12:00:03 AM\u001b[0m - Found 1 error. Watching for file changes.',
    '12:00:04 AM - Found 0 errors. Watching for file changes.',
    '12:00:05 AM - Found 0 errors. Watching for file changes.',
  ];
  assert.deepEqual(
    said.map(shown).filter((line) => line !== undefined),
    ["src/index.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.", 'no mistakes any more'],
  );
});
