import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverTiming } from './server-timing.ts';

test('times are given in milliseconds to a tenth', () => {
  assert.equal(serverTiming(1.26, 0, 1000), 'queue;dur=1.3, cold;dur=0, fn;dur=1000');
});
