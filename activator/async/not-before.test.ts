import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notBefore } from './not-before.ts';

const NOW = Date.parse('2030-01-10T12:00:00Z');
const at = (field: string) => notBefore(field, NOW);
const codeOf = (field: string) => {
  const found = at(field);
  return typeof found === 'object' ? found.code : found;
};

test('a time of RFC 3339 is one, in whatever zone', () => {
  assert.equal(at('2030-01-10T12:00:01Z'), NOW + 1_000);
  assert.equal(at('2030-01-10t12:00:01.5z'), NOW + 1_500);
  assert.equal(at('2030-01-10T12:00:00.000000001Z'), undefined);
  assert.equal(at('2030-01-10T14:30:01+02:30'), NOW + 1_000);
  assert.equal(at('2030-01-10T11:00:01-01:00'), NOW + 1_000);
  assert.equal(at('2030-01-31T23:59:60Z'), Date.parse('2030-02-01T00:00:00Z'));
});

test('one that has passed, or none, is at once', () => {
  assert.deepEqual(
    [notBefore(undefined, NOW), at('2030-01-10T12:00:00Z'), at('0001-01-01T00:00:00Z')],
    [undefined, undefined, undefined],
  );
});

test('30 days ahead are allowed, and not a millisecond more', () => {
  assert.equal(at('2030-02-09T12:00:00Z'), NOW + 30 * 24 * 3_600_000);
  assert.equal(codeOf('2030-02-09T12:00:00.001Z'), 'BadRequest');
  assert.equal(codeOf('9999-12-31T23:59:59Z'), 'BadRequest');
});

test('what is no such time is refused', () => {
  const wrong = ['', 'tomorrow', '2030-01-11', '2030-01-11T08:00Z', '2030-01-11T08:00:00', '2030-02-30T08:00:00Z'];
  wrong.push('2030-13-01T08:00:00Z', '2030-00-10T08:00:00Z', '2030-01-00T08:00:00Z', '2030-01-11T24:00:00Z');
  wrong.push('2030-01-11 08:00:00Z', '2030-01-11T08:00:00+2:00', '2030-01-11T08:00:00Z, 2030-01-11T08:00:00Z');
  wrong.push(' 2030-01-11T08:00:00Z', '1893456000', '2030-01-11T08:61:00Z', '+002030-01-11T08:00:00Z');
  assert.deepEqual(
    wrong.filter((field) => codeOf(field) !== 'BadRequest'),
    [],
  );
});
