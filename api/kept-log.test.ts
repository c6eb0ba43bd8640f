import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfRequest } from './kept-log.ts';

test('a line is of the request that it names', () => {
  assert.equal(isOfRequest('{"requestId":"a-1","msg":"x"}', 'a-1'), true);
  assert.equal(isOfRequest('{"requestId":"b","msg":"a-1"}', 'a-1'), false);
  assert.equal(isOfRequest('GET / a-1', 'a-1'), true);
  assert.equal(isOfRequest('{broken a-1', 'a-1'), true);
});
