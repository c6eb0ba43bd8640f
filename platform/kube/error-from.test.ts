import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAlreadyExists, isConflict, isGone, isNotFound, KubeError } from './error.ts';
import { errorFromAnswer, errorFromFailure, retryAfterMs } from './error-from.ts';

const status = (reason: string, message = 'no') => JSON.stringify({ kind: 'Status', reason, message });

test('a Status becomes code and message beside what was tried', () => {
  const error = errorFromAnswer('get pods a/b', 404, status('NotFound', 'pods "b" not found'));
  assert.equal(error.message, 'get pods a/b: 404 NotFound: pods "b" not found');
  assert.equal(error.details?.reason, 'NotFound');
  assert.ok(isNotFound(error));
});

test('an answer that is no Status still says what it is', () => {
  const error = errorFromAnswer('list pods', 503, '<html>gone fishing</html>');
  assert.equal(error.message, 'list pods: 503 ServiceUnavailable: <html>gone fishing</html>');
});

test('the two kinds of 409 are told apart', () => {
  assert.ok(isConflict(errorFromAnswer('x', 409, status('Conflict'))));
  assert.ok(!isConflict(errorFromAnswer('x', 409, status('AlreadyExists'))));
  assert.ok(isAlreadyExists(errorFromAnswer('x', 409, status('AlreadyExists'))));
  assert.ok(isGone(errorFromAnswer('x', 410, status('Expired'))));
});

test('a failure without an answer keeps its cause', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const error = errorFromFailure('list pods', cause);
  assert.equal(error.status, 0);
  assert.equal(error.code, 'NoAnswer');
  assert.equal(error.cause, cause);
  assert.equal(errorFromFailure('x', new DOMException('late', 'TimeoutError')).code, 'DeadlineExceeded');
  assert.equal(errorFromFailure('x', new Error('enough'), true).code, 'Aborted');
});

test('a KubeError passes as it is', () => {
  const error = new KubeError(409, 'Conflict', 'x');
  assert.equal(errorFromFailure('y', error), error);
});

test('only an overloaded server is asked again, after the time it names', () => {
  assert.equal(retryAfterMs({ statusCode: 429, headers: { 'retry-after': '1' } }), 1_000);
  assert.equal(retryAfterMs({ statusCode: 503, headers: {} }), undefined);
  assert.equal(retryAfterMs({ statusCode: 500, headers: { 'retry-after': '1' } }), undefined);
});
