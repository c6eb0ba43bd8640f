import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHint, encodeHint, MOST_LINE_BYTES } from './messages.ts';

const STUCK = { function: 'shop/pay', uid: '0b8e-1', state: 'stuck' } as const;

test('a hint arrives as it was sent, in one line that is short enough', () => {
  const { subject, line } = encodeHint('replica', STUCK);
  assert.equal(subject, 'replica 0b8e-1');
  assert.ok(line.endsWith('}\n') && line.length < MOST_LINE_BYTES);
  assert.deepEqual(decodeHint(line.trim()), { kind: 'replica', hint: STUCK });
});

test('fields and kinds of a newer version are passed over', () => {
  const line = JSON.stringify({ kind: 'replica', ...STUCK, since: 7 });
  assert.deepEqual(decodeHint(line), { kind: 'replica', hint: STUCK });
  assert.equal(decodeHint('{"kind":"start-time","ms":80}'), 'unknown');
  assert.equal(decodeHint('{"kind":"constructor"}'), 'unknown');
});

test('of hints on how much waits for a function the newest replaces the others', () => {
  const hint = { function: 'shop/pay', from: '5f-2', requests: 50 };
  const { subject, line } = encodeHint('backlog', hint);
  assert.equal(subject, 'backlog shop/pay');
  assert.deepEqual(decodeHint(line.trim()), { kind: 'backlog', hint });
  for (const requests of [-1, 0.5, 1e12, '50', undefined]) {
    assert.equal(decodeHint(JSON.stringify({ kind: 'backlog', ...hint, requests })), 'malformed', String(requests));
  }
});

test('of what gateways let through of a limit no hint takes the place of another', () => {
  const keys = 'AAAAAQAAAAIAAAAD';
  const hint = { from: '5f-2', seq: 4, function: 'shop/pay', limit: 'client', mode: 'used', keys } as const;
  const { subject, line } = encodeHint('use', hint);
  assert.notEqual(encodeHint('use', { ...hint, seq: 5 }).subject, subject);
  assert.deepEqual(decodeHint(line.trim()), { kind: 'use', hint });
  const longest = {
    ...hint,
    from: 'f'.repeat(36),
    function: `${'n'.repeat(63)}/${'f'.repeat(54)}`,
    limit: 'l'.repeat(63),
    keys: 'k'.repeat(640),
  };
  assert.ok(encodeHint('use', { ...longest, seq: Number.MAX_SAFE_INTEGER }).line.length < MOST_LINE_BYTES);
  for (const wrong of [
    { seq: -1 },
    { seq: 0.5 },
    { limit: 'a b' },
    { mode: 'all' },
    { keys: '' },
    { keys: 'k'.repeat(641) },
    { keys: 'a=' },
  ]) {
    assert.equal(decodeHint(JSON.stringify({ kind: 'use', ...hint, ...wrong })), 'malformed', JSON.stringify(wrong));
  }
  assert.deepEqual(decodeHint('{"kind":"alive","from":"5f-2"}'), { kind: 'alive', hint: { from: '5f-2' } });
  assert.equal(decodeHint('{"kind":"alive"}'), 'malformed');
});

test('what is no hint is malformed', () => {
  const wrong = [
    { ...STUCK, state: 'gone' },
    { ...STUCK, uid: 'a'.repeat(65) },
    { ...STUCK, uid: ['a'] },
    { ...STUCK, function: 'shop' },
    { ...STUCK, function: `shop/${'a'.repeat(300)}` },
    {},
  ].map((fields) => JSON.stringify({ kind: 'replica', ...fields }));
  const lines = [...wrong, '', '{', 'null', '7', '[]', '"replica"', '{"kind":{}}'];
  for (const line of lines) assert.equal(decodeHint(line), 'malformed', line);
});
