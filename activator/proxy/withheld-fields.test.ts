import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeOut } from './withheld-fields.ts';

test('fields are taken out in whatever case, with `_` for `-`, each time that they come; the others stay in their order', () => {
  const fields = [
    'A',
    '1',
    'X-Api-Key',
    'k',
    'x_api_KEY',
    'l',
    'X-Api-Keys',
    '2',
    'b',
    'x-api-key',
    'X-User',
    'm',
    'a',
    '3',
  ];
  takeOut(fields, ['x-api-key', 'x_user']);
  assert.deepEqual(fields, ['A', '1', 'X-Api-Keys', '2', 'b', 'x-api-key', 'a', '3']);
});

test('where none of them is there nothing changes', () => {
  const fields = ['A', '1', 'B', '2'];
  takeOut(fields, ['c', 'dd']);
  takeOut(fields, []);
  assert.deepEqual(fields, ['A', '1', 'B', '2']);
});
