import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from './test-context.ts';

test('each field has a default, and is what the test says instead', () => {
  const { requestId, function: name, namespace, revision, coldStart, env } = createTestContext({ function: 'hello' });
  assert.deepEqual([requestId, name, namespace, revision], ['test-request', 'hello', 'default', 'hello-00000000']);
  assert.deepEqual([coldStart, env], [false, {}]);
  const said = { requestId: 'r-1', namespace: 'shop', revision: 'hello-1', coldStart: true, env: { REGION: 'north' } };
  const context = createTestContext(said);
  assert.deepEqual({ ...context, ...said }, { ...context });
});

test('a context is of no delivery, or of the one that the test names', () => {
  assert.equal(createTestContext().invocation, undefined);
  assert.deepEqual(createTestContext({ invocation: { id: 'a' } }).invocation, { id: 'a', attempt: 1 });
  assert.deepEqual(createTestContext({ invocation: { id: 'a', attempt: 3 } }).invocation, { id: 'a', attempt: 3 });
});

test('the deadline is so many seconds from now, and time alone aborts nothing', (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000 });
  const { deadline, signal } = createTestContext({ timeoutSeconds: 5 });
  assert.equal(deadline?.getTime(), 6_000);
  t.mock.timers.tick(10_000);
  assert.equal(signal.aborted, false);
  assert.equal(createTestContext({ timeoutSeconds: 0 }).deadline, undefined);
});

test('the signal is aborted for the reasons of the platform', () => {
  const reasonOf = (why?: 'gone' | 'timeout' | 'leaving') => {
    const { abort, signal } = createTestContext();
    abort(why);
    return signal.reason.name;
  };
  assert.deepEqual(
    [reasonOf(), reasonOf('timeout'), reasonOf('leaving')],
    ['AbortError', 'TimeoutError', 'AbortError'],
  );
});

test('what is given to waitUntil is awaited, what it adds meanwhile too, and its failure is thrown', async () => {
  const { waitUntil, settled } = createTestContext();
  const done: string[] = [];
  const later = async () => void done.push('later');
  waitUntil(Promise.resolve().then(() => waitUntil(later())));
  await settled();
  assert.deepEqual(done, ['later']);
  waitUntil(Promise.reject(new Error('no ledger')));
  await assert.rejects(settled(), /no ledger/);
});

test('lines of the log are kept in order', () => {
  const { log, lines } = createTestContext();
  log.warn('slow', { ms: 900 });
  log.error('failed');
  assert.deepEqual(lines, [
    { level: 'warn', message: 'slow', fields: { ms: 900 } },
    { level: 'error', message: 'failed', fields: undefined },
  ]);
});

test('secrets are those that were given, and others throw as in a pod', () => {
  const { secrets } = createTestContext({ secrets: { stripe: { key: 'sk' } } });
  assert.equal(secrets.get('stripe', 'key'), 'sk');
  assert.throws(() => secrets.get('github', 'token'), /name it in spec\.secrets/);
  assert.throws(() => secrets.get('stripe', 'toString'), /no key "toString"/);
  assert.throws(() => secrets.get('constructor', 'name'), /not given the Secret "constructor"/);
});

test('a trace is read from the header, and an invalid one is none', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const { trace } = createTestContext({ traceparent, tracestate: 'vendor=1' });
  assert.deepEqual(trace, { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', traceparent, tracestate: 'vendor=1' });
  assert.equal(createTestContext({ traceparent: 'x' }).trace, undefined);
});

test('it has a caller where the test gives one', () => {
  assert.equal(createTestContext().caller, undefined);
  const { caller } = createTestContext({ caller: { way: 'apiKeys', name: 'ci' } });
  assert.deepEqual(caller, { way: 'apiKeys', name: 'ci', issuer: undefined, claims: undefined });
});
