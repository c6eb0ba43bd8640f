import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedPart, shareStrings } from './shared-values.ts';

test('equal parts are one object, others are not', () => {
  const first = sharedPart({ a: 1, b: ['x'] });
  assert.equal(sharedPart({ a: 1, b: ['x'] }), first);
  assert.notEqual(sharedPart({ a: 1, b: ['y'] }), first);
  assert.equal(sharedPart(7), 7);
  assert.equal(sharedPart(null), null);
});

test('sharing strings changes no value, however deep or large it is', () => {
  const make = (index: number) => ({
    name: `n${index}`,
    deep: [{ reason: 'Ready', n: 1, none: null, list: ['a', ['b']] }],
    long: 'x'.repeat(1_000),
  });
  for (let index = 0; index < 10_000; index++) assert.deepEqual(shareStrings(make(index)), make(index));
});

test('what is asked for again and again is kept, however much is said once meanwhile', () => {
  const first = sharedPart({ said: 'often' });
  for (let index = 0; index < 20_000; index++) {
    sharedPart({ said: index });
    if (index % 1_000 === 0) assert.equal(sharedPart({ said: 'often' }), first);
  }
});
