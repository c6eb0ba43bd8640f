import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coalesceValues, mergeValues } from './values.ts';
import { checkValues } from './values-schema.ts';

test('tables are merged at any depth, lists and the rest replaced', () => {
  const defaults = { image: { tag: '', registry: 'a' }, hosts: ['x', 'y'], replicas: 2 };
  assert.deepEqual(coalesceValues(defaults, { image: { registry: 'b' }, hosts: ['z'] }), {
    image: { tag: '', registry: 'b' },
    hosts: ['z'],
    replicas: 2,
  });
});

test('null takes a default away, and one that no default has stays', () => {
  const defaults = { limits: { cpu: '1', memory: '1Gi' } };
  assert.deepEqual(coalesceValues(defaults, { limits: { cpu: null, gpu: null } }), {
    limits: { memory: '1Gi', gpu: null },
  });
});

test('of several files the later one goes before, with null too', () => {
  const given = mergeValues({ a: { b: 1, c: 2 } }, { a: { b: null } });
  assert.deepEqual(coalesceValues({ a: { b: 0, c: 0, d: 0 } }, given), { a: { c: 2, d: 0 } });
});

const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  properties: {
    level: { enum: ['info', 'debug'] },
    operator: {
      type: 'object',
      additionalProperties: false,
      properties: { replicas: { type: 'integer', minimum: 0 } },
    },
  },
};
const mistakes = (values: object) => {
  try {
    checkValues('catnap', schema, values);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test('values that fit are taken', () => {
  assert.equal(mistakes({ level: 'info', operator: { replicas: 1 } }), '');
});

test('each mistake is named with its place', () => {
  const said = mistakes({ level: 'loud', operator: { replica: 1, replicas: -1 } });
  assert.match(said, /schema of the chart catnap:\n/);
  assert.match(said, /- level: must be equal to one of the allowed values: "info", "debug"/);
  assert.match(said, /- operator\.replica: there is no such value/);
  assert.match(said, /- operator\.replicas: must be >= 0/);
});
