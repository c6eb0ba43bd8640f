import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameTable } from '../upstream/http1/name-table.ts';
import { amend } from './answer-fields.ts';

const fields = (instead: string[], add: string[], vary?: string) => ({
  instead: new NameTable(instead.map((name) => [name, true] as const)),
  add,
  vary,
});

test("fields of a policy stand in the place of the function's own, in whatever case", () => {
  const amended = amend(['Content-Type', 'a', 'X-Limit', '1', 'x-limit', '2'], [fields(['x-limit'], ['x-limit', '3'])]);
  assert.deepEqual(amended, ['Content-Type', 'a', 'x-limit', '3']);
});

test('Vary names what it varies by once', () => {
  const by = [fields([], [], 'Origin')];
  assert.deepEqual(amend([], by), ['vary', 'Origin']);
  assert.deepEqual(amend(['Vary', 'Accept'], by), ['Vary', 'Accept', 'vary', 'Origin']);
  assert.deepEqual(amend(['Vary', 'Accept, origin'], by), ['Vary', 'Accept, origin']);
  assert.deepEqual(amend(['vary', '*'], by), ['vary', '*']);
  assert.deepEqual(amend(['x', 'vary', 'y', 'origin'], by), ['x', 'vary', 'y', 'origin', 'vary', 'Origin']);
});
