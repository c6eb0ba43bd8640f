import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvocationIds } from './invocation-ids.ts';

const UUID7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

test('ids are UUIDs of version 7 that begin with the time, and no two are equal', () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => new InvocationIds(() => 1_700_000_000_000 + i));
  const made = ids.map((one) => one.next());
  assert.deepEqual(
    made.filter((id) => !UUID7.test(id)),
    [],
  );
  assert.ok(made[0]?.startsWith('018bcfe5-6800-7'));
  const one = new InvocationIds(() => 0);
  assert.equal(new Set(Array.from({ length: 2_000 }, () => one.next())).size, 2_000);
});

test('all bits but those of time, version and variant are random', () => {
  const all = (byte: number) =>
    new InvocationIds(
      () => 0,
      (bytes) => void bytes.fill(byte),
    ).next();
  assert.equal(all(0xff), '00000000-0000-7fff-bfff-ffffffffffff');
  assert.equal(all(0), '00000000-0000-7000-8000-000000000000');
});
