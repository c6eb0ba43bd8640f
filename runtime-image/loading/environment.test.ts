import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from './environment.ts';

test('an empty environment means the defaults', () => {
  assert.deepEqual(readEnvironment({}), {
    settings: {
      port: 8080,
      host: undefined,
      metricsPort: 9090,
      podUid: '',
      logLevel: 'debug',
      logFormat: undefined,
    },
    assignment: {
      function: 'function',
      namespace: 'default',
      revision: '',
      code: { file: undefined },
      handler: 'default',
      signature: 'auto',
      timeoutMs: 0,
      asyncTimeoutMs: 0,
      concurrencyLimit: 0,
      isDevelopment: false,
      env: {},
    },
  });
});

test('a timeout may have a fraction and becomes milliseconds', () => {
  assert.equal(readEnvironment({ CATNAP_TIMEOUT_SECONDS: '0.25' }).assignment.timeoutMs, 250);
});

test('every mistake is named at once, on one line', () => {
  const env = {
    PORT: '70000',
    CATNAP_CONCURRENCY_LIMIT: '1.5',
    CATNAP_TIMEOUT_SECONDS: '-1',
    CATNAP_BUNDLE_CHUNKS: '1',
    CATNAP_SIGNATURE: 'event',
    CATNAP_LOG_LEVEL: 'loud',
    CATNAP_LOG_FORMAT: 'xml',
  };
  assert.throws(
    () => readEnvironment(env),
    (error: Error) => {
      assert.match(error.message, /PORT must be a whole number from 0 to 65535, not "70000"/);
      assert.match(error.message, /CATNAP_CONCURRENCY_LIMIT must be a whole number/);
      assert.match(error.message, /CATNAP_TIMEOUT_SECONDS must be a number/);
      assert.match(error.message, /CATNAP_BUNDLE_0 is missing/);
      assert.match(error.message, /CATNAP_SIGNATURE must be one of auto, fetch, http, cloudevent, lambda, not "event"/);
      assert.match(error.message, /CATNAP_LOG_LEVEL must be one of debug, info, warn, error, fatal, not "loud"/);
      assert.match(error.message, /CATNAP_LOG_FORMAT must be one of json, text, not "xml"/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    },
  );
});

test('the chunks of a bundle are joined in order, and nothing of it is left for the handler to see', () => {
  const bundle = { CATNAP_BUNDLE_CHUNKS: '2', CATNAP_BUNDLE_0: 'a', CATNAP_BUNDLE_1: 'b', CATNAP_BUNDLE_SHA256: 'c' };
  const { assignment } = readEnvironment({ ...bundle, REGION: 'north' });
  assert.deepEqual(assignment.code, { packed: 'ab', sha256: 'c' });
  assert.deepEqual(assignment.env, { REGION: 'north' });
});

test('a digest says nothing where the handler is a file', () => {
  const env = { CATNAP_HANDLER_FILE: 'app.mjs', CATNAP_BUNDLE_SHA256: 'c' };
  assert.deepEqual(readEnvironment(env).assignment.code, { file: 'app.mjs' });
});
