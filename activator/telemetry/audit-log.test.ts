import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '#platform/process/log.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { AccessLogEntry } from './access-log.ts';
import { AuditLog } from './audit-log.ts';

const FORBIDDEN = { code: 'Forbidden', message: 'not one of them' } as const;

function aLog() {
  const lines: Record<string, unknown>[] = [];
  const clock = new TestClock();
  const log = createLog({ service: 'activator', write: (line) => lines.push(JSON.parse(line)) });
  return { lines, clock, audit: new AuditLog(log, clock) };
}

const anEntry = (functionKey = 'default/hello') =>
  ({
    functionKey,
    requestId: 'id-1',
    traceparent: undefined,
    method: 'GET',
    target: '/a?token=secret',
    clientAddress: '192.0.2.1',
  }) as unknown as AccessLogEntry;

test('a refusal is logged with who, what, whence and why, and no query', () => {
  const { lines, audit } = aLog();
  const caller = { way: 'jwt', name: 'jo', claims: { email: 'secret' } };
  audit.refused(FORBIDDEN, anEntry(), { by: 'access', caller });
  const { level, time, service, ...said } = lines[0] ?? {};
  assert.deepEqual(said, {
    msg: 'request refused',
    function: 'default/hello',
    policy: 'access',
    code: 'Forbidden',
    why: 'not one of them',
    caller: { way: 'jwt', name: 'jo' },
    client: '192.0.2.1',
    method: 'GET',
    path: '/a',
    requestId: 'id-1',
  });
  assert.deepEqual([level, service], ['warn', 'activator']);
});

test('of many a bucket lets some through, and none goes untold; other functions have buckets of their own', () => {
  const { lines, clock, audit } = aLog();
  const refuse = (times: number, key?: string) => {
    for (let i = 0; i < times; i += 1) audit.refused(FORBIDDEN, anEntry(key), undefined);
  };
  refuse(1_000);
  assert.equal(lines.length, 20);
  refuse(1, 'default/other');
  assert.equal(lines.length, 21);
  clock.advance(2_000);
  refuse(100);
  assert.deepEqual(
    lines.slice(21).map(({ unlogged }) => unlogged),
    [980, undefined],
  );
  clock.advance(60_000);
  assert.deepEqual([lines[23]?.msg, lines[23]?.unlogged, lines.length], ['more requests refused', 98, 24]);
  assert.equal(clock.pending, 0);
});

test('what was not told yet is told at the end', () => {
  const { lines, clock, audit } = aLog();
  for (let i = 0; i < 25; i += 1) audit.refused(FORBIDDEN, anEntry(), undefined);
  audit[Symbol.dispose]();
  assert.deepEqual([lines.at(-1)?.unlogged, clock.pending], [5, 0]);
});
