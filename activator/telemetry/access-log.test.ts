import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aSummary, TRACE, TRACEPARENT } from '../testing/test-record.ts';
import { AccessLog, type AccessLogEntry, accessLine, traceIdOf } from './access-log.ts';

const at = new Date('2026-01-01T00:00:00Z');
const fields = (parts: Partial<AccessLogEntry>) => JSON.parse(accessLine(aSummary(parts), at));

test('a line says who asked what, how it went and where the time went', () => {
  const line = accessLine(aSummary(), at);
  assert.ok(line.endsWith('}\n'));
  assert.deepEqual(JSON.parse(line), {
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    service: 'activator',
    msg: 'request',
    function: 'default/hello',
    revision: 'hello-1',
    requestId: 'id-1',
    traceId: TRACE,
    method: 'GET',
    path: '/a/b',
    status: 200,
    bytesIn: 0,
    bytesOut: 12,
    queueMs: 0,
    coldMs: 0,
    firstByteMs: 3.2,
    functionMs: 5,
    totalMs: 5.1,
    client: '10.0.0.1',
    userAgent: 'curl/8.5.0',
  });
});

test('a query is never logged, for it may hold secrets', () => {
  assert.equal(accessLine(aSummary({ target: '/?secret' }), at).includes('secret'), false);
});

test('what was refused says why, and has no function or status it did not get', () => {
  const refused = fields({ functionKey: null, revision: undefined, status: 0, code: 'FunctionNotFound' });
  assert.equal(refused.code, 'FunctionNotFound');
  assert.deepEqual([refused.function, refused.revision, refused.status], [undefined, undefined, undefined]);
});

test('a line fits into one write, however much the client sends', () => {
  const line = accessLine(aSummary({ target: `/${'a'.repeat(60_000)}`, userAgent: 'b'.repeat(60_000) }), at);
  assert.ok(line.length < 2_048, `${line.length}`);
});

test('a trace id is taken from a valid traceparent alone', () => {
  assert.equal(traceIdOf(TRACEPARENT), TRACE);
  assert.equal(traceIdOf(`cc-${TRACE}-00f067aa0ba902b7-01-what-a-later-version-adds`), TRACE);
  const invalid = [
    undefined,
    '',
    TRACE,
    TRACEPARENT.toUpperCase(),
    `${TRACEPARENT}x`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  ];
  assert.deepEqual(
    invalid.map(traceIdOf),
    invalid.map(() => undefined),
  );
});

test('logs the configured share of requests', () => {
  const logged = (rate: number) => {
    const lines: string[] = [];
    let turn = 0;
    const log = new AccessLog(
      rate,
      (line) => lines.push(line),
      () => (turn++ % 100) / 100,
    );
    for (let i = 0; i < 1_000; i += 1) log.record(aSummary());
    return lines.length;
  };
  assert.deepEqual([0, 0.25, 1].map(logged), [0, 250, 1_000]);
});
