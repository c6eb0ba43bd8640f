import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, Schema } from '../kind-schema.ts';
import { mergeType } from './merge-type.ts';
import { mergeValues } from './merge-values.ts';

const SET: Schema = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
const KEYED: Schema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: { type: 'object', properties: { name: { type: 'string' }, a: { type: 'string' }, b: { type: 'string' } } },
};
const ATOMIC: Schema = { type: 'array', items: { type: 'string' } };
const MAP: Schema = { type: 'object', additionalProperties: { type: 'string' } };

const CASES: [string, Schema, Json, Json, Json][] = [
  ['new items of a set come last', SET, ['a', 'b'], ['c'], ['a', 'b', 'c']],
  [
    'a set keeps live items before those that follow in the configuration',
    SET,
    ['a', 'b', 'c'],
    ['b', 'd'],
    ['a', 'b', 'c', 'd'],
  ],
  ['a set that is ordered anew follows the configuration', SET, ['a', 'b', 'c'], ['c', 'a'], ['b', 'c', 'a']],
  ['new items keep their place before a shared one', SET, ['a', 'b'], ['x', 'b'], ['a', 'x', 'b']],
  [
    'items with the same key merge',
    KEYED,
    [{ name: 'x', a: '1' }],
    [{ name: 'x', b: '2' }],
    [{ name: 'x', a: '1', b: '2' }],
  ],
  ['a list without a type is replaced as one', ATOMIC, ['a', 'b'], ['c'], ['c']],
  [
    'keys that objects inherit something under merge as others do',
    MAP,
    { valueOf: 'a' },
    { constructor: 'b' },
    { valueOf: 'a', constructor: 'b' },
  ],
  ['null over an empty list stays null', SET, [], null, null],
];
for (const [sentence, schema, live, config, merged] of CASES) {
  test(sentence, () => assert.deepEqual(mergeValues(mergeType(schema), live, config), merged));
}
