import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesFields, parseFieldSelector } from './field-selector.ts';
import { matchesLabels, parseLabelSelector } from './label-selector.ts';

const matches = (selector: string, labels: { [key: string]: string }) =>
  matchesLabels(parseLabelSelector(selector), labels);

test('an unequal value is also an absent one', () => {
  assert.equal(matches('a!=b', {}), true);
  assert.equal(matches('a notin (b,c)', {}), true);
  assert.equal(matches('a!=b', { a: 'b' }), false);
});

test('commas inside a list do not end a requirement', () => {
  assert.equal(matches('a in (b, c),d', { a: 'c', d: '' }), true);
  assert.equal(matches('a in (b, c),d', { a: 'c' }), false);
});

test('compares whole numbers only', () => {
  assert.equal(matches('n>5', { n: '10' }), true);
  assert.equal(matches('n<5', { n: 'x' }), false);
});

test('reads keys with a prefix, and both signs for equal', () => {
  assert.equal(matches('example.org/a==b', { 'example.org/a': 'b' }), true);
  assert.equal(matches('!example.org/a', {}), true);
});

test('says what it cannot read', () => {
  assert.throws(() => parseLabelSelector('a in b'), { code: 400 });
  assert.throws(() => parseLabelSelector('a=b c'), { code: 400, message: /unable to parse requirement/ });
});

test('selects by fields, an absent one being empty', () => {
  const selector = parseFieldSelector(
    'spec.nodeName=,status.phase!=Failed',
    new Set(['spec.nodeName', 'status.phase']),
  );
  const phases: { [field: string]: string } = { 'status.phase': 'Running' };
  assert.equal(
    matchesFields(selector, (field) => phases[field] ?? ''),
    true,
  );
  assert.equal(
    matchesFields(selector, () => 'Failed'),
    false,
  );
});

test('refuses fields that a kind does not offer', () => {
  const common = ['metadata.name', 'metadata.namespace'];
  const message = 'field label not supported: spec.other';
  const fields = new Set([...common, 'status.phase']);
  assert.throws(() => parseFieldSelector('spec.other=a', fields), { code: 400, message });
  assert.throws(() => parseFieldSelector('spec.other=a', new Set(common)), {
    code: 400,
    message: '"spec.other" is not a known field selector: only "metadata.name", "metadata.namespace"',
  });
});
