import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersIn, misattributed } from './attribution.ts';

const answer = (path: string) => `HTTP/1.1 200 OK\r\n\r\necho GET ${path}`;

test('answers of the own requests, in their order, are right', () => {
  assert.equal(misattributed(answer('/case/7/0') + answer('/case/7/2'), 7), undefined);
  assert.equal(misattributed('', 7), undefined);
});

test('an answer to a request of another connection is found', () => {
  assert.match(String(misattributed(answer('/case/8/0'), 7)), /another connection.*case\/8/);
});

test('answers that changed places, or came twice, are found', () => {
  assert.match(String(misattributed(answer('/case/7/1') + answer('/case/7/0'), 7)), /out of order/);
  assert.match(String(misattributed(answer('/case/7/1') + answer('/case/7/1'), 7)), /out of order/);
});

test('answers are counted without those that only announce one', () => {
  assert.equal(answersIn(`HTTP/1.1 100 Continue\r\n\r\n${answer('/case/7/0')}HTTP/1.1 503 X\r\n`), 2);
});
