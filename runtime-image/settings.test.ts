import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleVariables, readSettings } from './settings.ts';

test('an empty environment means the defaults', () => {
  assert.deepEqual(readSettings({}), {
    port: 8080,
    host: undefined,
    metricsPort: 9090,
    function: 'function',
    namespace: 'default',
    revision: '',
    podUid: '',
    bundleChunks: 0,
    bundleSha256: undefined,
    handler: 'default',
    signature: 'auto',
    handlerFile: undefined,
    timeoutMs: 0,
    concurrencyLimit: 0,
    logLevel: 'debug',
    logFormat: undefined,
    isDevelopment: false,
  });
});

test('a timeout may have a fraction and becomes milliseconds', () => {
  assert.equal(readSettings({ CATNAP_TIMEOUT_SECONDS: '0.25' }).timeoutMs, 250);
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
    () => readSettings(env),
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

test('the variables of a bundle are its chunks and their number', () => {
  assert.deepEqual(bundleVariables(2), ['CATNAP_BUNDLE_0', 'CATNAP_BUNDLE_1']);
});
