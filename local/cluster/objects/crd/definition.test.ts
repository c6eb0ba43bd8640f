import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldErrorText } from '../field-error.ts';
import type { KubeObject, Schema } from '../kind-schema.ts';
import { defaultCrd, validateCrd } from './definition.ts';

const ROOT = 'spec.validation.openAPIV3Schema';

function aCrd(spec: Schema, more: object = {}): KubeObject {
  return defaultCrd({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.x.dev' },
    spec: {
      group: 'x.dev',
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
      ...more,
    },
  });
}
function refusals(spec: Schema, more: object = {}): string[] {
  return validateCrd(aCrd(spec, more)).map(fieldErrorText);
}
const rule = (text: string, more: object = {}) => ({
  'x-kubernetes-validations': [{ rule: text, message: 'no', ...more }],
});

describe('a definition', () => {
  test('gets the names that follow from its kind', () => {
    assert.deepEqual((aCrd({ type: 'object' }).spec as { names: object }).names, {
      kind: 'Thing',
      plural: 'things',
      singular: 'thing',
      listKind: 'ThingList',
    });
  });

  test('keeps what other things hang on', () => {
    const old = aCrd({ type: 'object' });
    const next = aCrd({ type: 'object' }, { scope: 'Cluster' });
    assert.deepEqual(validateCrd(next, old).map(fieldErrorText), [
      'spec.scope: Invalid value: "Cluster": field is immutable',
    ]);
  });
});

describe('refused is', () => {
  const SPEC = `${ROOT}.properties[spec]`;
  const cases: [string, Schema, string[]][] = [
    [
      'a field without a type',
      { type: 'object', properties: { a: {} } },
      [`${SPEC}.properties[a].type: Required value: must not be empty for specified object fields`],
    ],
    ['a list without items', { type: 'array' }, [`${SPEC}.items: Required value: must be specified`]],
    [
      'a type inside anyOf',
      { type: 'string', anyOf: [{ type: 'string' }] },
      [`${SPEC}.anyOf[0].type: Forbidden: must be empty to be structural`],
    ],
    [
      'a pattern that is none',
      { type: 'string', pattern: '(' },
      [
        `${SPEC}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: Invalid regular expression: /(/: Unterminated group`,
      ],
    ],
    [
      'a default of the wrong type',
      { type: 'object', properties: { a: { type: 'integer', default: 'x' } } },
      [`${SPEC}.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"`],
    ],
    [
      'a default with unknown fields',
      { type: 'object', default: { a: 1 }, properties: { b: { type: 'integer' } } },
      [`${SPEC}.default: Invalid value: {"a":1}: must not have unknown fields`],
    ],
    [
      'a default that breaks a rule as it is written',
      { type: 'object', default: {}, properties: { a: { type: 'integer', default: 1 } }, ...rule('self.a > 0') },
      [`${SPEC}.default: Invalid value: "object": no such key: a evaluating rule: no`],
    ],
    [
      'unique items',
      { type: 'array', uniqueItems: true, maxItems: 2, items: { type: 'string' } },
      [
        `${SPEC}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    ],
    [
      'a list key that may be missing',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', properties: { k: { type: 'string' } } },
      },
      [
        `${SPEC}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
    [
      'an optional oldSelf that is not used',
      { type: 'integer', ...rule('self > 0', { optionalOldSelf: true }) },
      [
        `${SPEC}.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
      ],
    ],
    [
      'a look back from items that cannot be told apart',
      { type: 'array', maxItems: 3, items: { type: 'integer', ...rule('self >= oldSelf') } },
      [
        `${SPEC}.items.x-kubernetes-validations[0].rule: Invalid value: "self >= oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${SPEC}`,
      ],
    ],
  ];
  for (const [sentence, spec, expected] of cases) {
    test(sentence, () => assert.deepEqual(refusals(spec), expected));
  }

  test('a field that is only in the anyOf of the root', () => {
    const crd = aCrd({ type: 'object' });
    const [version] = (crd.spec as { versions: { schema: { openAPIV3Schema: Schema } }[] }).versions;
    Object.assign(version?.schema.openAPIV3Schema ?? {}, {
      anyOf: [{ properties: { spec: { properties: { a: { minLength: 1 } } } } }],
    });
    assert.deepEqual(validateCrd(crd).map(fieldErrorText), [
      `${SPEC}.properties[a]: Required value: because it is defined in ${ROOT}.anyOf[0].properties[spec].properties[a]`,
    ]);
  });

  const broken = [
    'self.nosuch == 1',
    'has(self.nosuch)',
    'self.s.matches("[")',
    'self.a +',
    'self.a',
    'self.a == "x"',
    'nobody > 1',
  ];
  for (const text of broken) {
    test(`the rule ${text}`, () => {
      const [error, ...others] = refusals({
        type: 'object',
        properties: { a: { type: 'integer' }, s: { type: 'string', maxLength: 9 } },
        ...rule(text),
      });
      assert.match(
        error ?? '',
        /\.x-kubernetes-validations\[0\]\.rule: Invalid value: \{.*\}: (compilation failed|cel expression must)/,
      );
      assert.deepEqual(others, []);
    });
  }
});

describe('the cost of rules', () => {
  const strings = (more: object = {}, items: object = {}): Schema => ({
    type: 'array',
    ...more,
    items: { type: 'string', ...items },
  });
  test('is too much over a list without an end', () => {
    const spec: Schema = { ...strings({}, { maxLength: 10 }), ...rule('self.all(x, self.all(y, x == y))') };
    assert.match(
      refusals(spec)[0] ?? '',
      /rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x/,
    );
  });

  test('is too much for a pattern over strings without an end', () => {
    const spec: Schema = { ...strings({ maxItems: 100 }), ...rule('self.all(x, x.matches("^[a-z]+$"))') };
    assert.match(refusals(spec)[0] ?? '', /Forbidden: estimated rule cost exceeds budget/);
  });

  test('is fine with maxima', () => {
    const spec: Schema = {
      ...strings({ maxItems: 100 }, { maxLength: 100 }),
      ...rule('self.all(x, self.exists(y, x == y))'),
    };
    assert.deepEqual(refusals(spec), []);
  });

  test('counts once for each value that a rule has to judge', () => {
    const one: Schema = { type: 'string', maxLength: 1000, ...rule('self.matches("^[a-z]+$")') };
    assert.deepEqual(refusals({ type: 'array', maxItems: 100, items: one }), []);
    assert.match(refusals({ type: 'array', items: one })[0] ?? '', /Forbidden/);
  });
});
