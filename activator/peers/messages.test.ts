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
