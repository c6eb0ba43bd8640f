// Longer than 250 lines: one table of schemas, objects and the API server's answers.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FieldError, fieldErrorText } from '../field-error.ts';
import type { Json, KindSchema, KubeObject, Schema } from '../kind-schema.ts';
import { dropUnknownFields } from '../schema/strict.ts';
import { defaultCustomObject, validateCustomObject, validateCustomStatus } from './custom-object.ts';
import { crdKind } from './kind.ts';

/** A kind whose spec has these fields. */
function aKind(properties: Record<string, Schema>, more: Partial<Schema> = {}): KindSchema {
  const status: Schema = { type: 'object', properties: { count: { type: 'integer' } } };
  const root: Schema = { type: 'object', properties: { spec: { type: 'object', properties, ...more }, status } };
  return crdKind(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.x.dev' },
      spec: {
        group: 'x.dev',
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things' },
        versions: [{ name: 'v1', schema: { openAPIV3Schema: root }, subresources: { status: {} } }],
      },
    },
    'v1',
  );
}
function aThing(spec: Json, more: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'x.dev/v1', kind: 'Thing', metadata: { name: 'x' }, spec, ...more };
}
function texts(errors: FieldError[]): string[] {
  return errors.map(fieldErrorText);
}

describe('pruning', () => {
  const kind = aKind({
    a: { type: 'object', properties: { b: { type: 'string' } } },
    any: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'object', properties: {} } },
    },
    map: { type: 'object', additionalProperties: { type: 'object', properties: { x: { type: 'integer' } } } },
    embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  });
  const cases: [string, Json, Json, string[]][] = [
    ['drops what the schema has not', { a: { b: '1', c: 2 }, z: 1 }, { a: { b: '1' } }, ['spec.a.c', 'spec.z']],
    ['keeps unknown fields where they are to be preserved', { any: { x: { y: 1 } } }, { any: { x: { y: 1 } } }, []],
    ['prunes known fields even there', { any: { known: { y: 1 } } }, { any: { known: {} } }, ['spec.any.known.y']],
    ['goes into the values of maps', { map: { k: { x: 1, y: 2 } } }, { map: { k: { x: 1 } } }, ['spec.map.k.y']],
    [
      'leaves an embedded object alone',
      { embedded: { kind: 'Pod', spec: {} } },
      { embedded: { kind: 'Pod', spec: {} } },
      [],
    ],
  ];
  for (const [sentence, spec, pruned, dropped] of cases) {
    test(sentence, () => {
      const { object, unknown } = dropUnknownFields(kind, aThing(spec));
      assert.deepEqual(object.spec, pruned);
      assert.deepEqual(
        unknown,
        dropped.map((path) => `unknown field "${path}"`),
      );
    });
  }
});

describe('defaulting', () => {
  const kind = aKind({
    size: { type: 'integer', default: 3 },
    nested: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
    whole: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
    list: { type: 'array', items: { type: 'object', properties: { p: { type: 'string', default: 'TCP' } } } },
    nullable: { type: 'string', nullable: true, default: 'x' },
    bare: { type: 'string' },
  });
  const cases: [string, Json, Json][] = [
    ['fills in what is missing', {}, { size: 3, whole: { on: true }, nullable: 'x' }],
    [
      'goes into objects that are there',
      { nested: {}, size: 1, whole: { on: false } },
      { nested: { on: true }, size: 1, whole: { on: false }, nullable: 'x' },
    ],
    [
      'goes into items',
      { list: [{}, { p: 'UDP' }] },
      { list: [{ p: 'TCP' }, { p: 'UDP' }], size: 3, whole: { on: true }, nullable: 'x' },
    ],
    [
      'takes null for missing, unless it is allowed',
      { size: null, bare: null, nullable: null },
      { size: 3, whole: { on: true }, nullable: null },
    ],
  ];
  for (const [sentence, spec, expected] of cases) {
    test(sentence, () => assert.deepEqual(defaultCustomObject(kind, aThing(spec)).spec, expected));
  }
});

test('metadata is kept without what is empty', () => {
  const thing = { ...aThing({}), metadata: { name: 'x', labels: {}, finalizers: [], annotations: { a: 'b' } } };
  assert.deepEqual(defaultCustomObject(aKind({}), thing).metadata, { name: 'x', annotations: { a: 'b' } });
});

describe('validation says', () => {
  const cases: [string, Record<string, Schema>, Json, string[]][] = [
    [
      'the type',
      { a: { type: 'integer' } },
      { a: 'x' },
      ['spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"'],
    ],
    [
      'the type for null',
      { a: { type: 'array', items: { type: 'string' } } },
      { a: [null] },
      ['spec.a[0]: Invalid value: "null": spec.a[0] in body must be of type string: "null"'],
    ],
    [
      'the maximum',
      { a: { type: 'integer', maximum: 2 } },
      { a: 3 },
      ['spec.a: Invalid value: 3: spec.a in body should be less than or equal to 2'],
    ],
    [
      'the exclusive minimum',
      { a: { type: 'number', minimum: 0, exclusiveMinimum: true } },
      { a: 0 },
      ['spec.a: Invalid value: 0: spec.a in body should be greater than 0'],
    ],
    [
      'the factor',
      { a: { type: 'integer', multipleOf: 5 } },
      { a: 3 },
      ['spec.a: Invalid value: 3: spec.a in body should be a multiple of 5'],
    ],
    [
      'the length',
      { a: { type: 'string', maxLength: 2 } },
      { a: 'abc' },
      ['spec.a: Too long: may not be more than 2 bytes'],
    ],
    [
      'the least length',
      { a: { type: 'string', minLength: 2 } },
      { a: 'a' },
      ['spec.a: Invalid value: "a": spec.a in body should be at least 2 chars long'],
    ],
    [
      'the pattern',
      { a: { type: 'string', pattern: '^b$' } },
      { a: 'a' },
      ['spec.a: Invalid value: "a": spec.a in body should match \'^b$\''],
    ],
    [
      'the choice',
      { a: { type: 'string', enum: ['x', 'y'] } },
      { a: 'z' },
      ['spec.a: Unsupported value: "z": supported values: "x", "y"'],
    ],
    [
      'the number of items',
      { a: { type: 'array', maxItems: 1, items: { type: 'string' } } },
      { a: ['x', 'y'] },
      ['spec.a: Too many: 2: must have at most 1 item'],
    ],
    [
      'the least number of items',
      { a: { type: 'array', minItems: 1, items: { type: 'string' } } },
      { a: [] },
      ['spec.a: Invalid value: 0: spec.a in body should have at least 1 items'],
    ],
    [
      'the number of keys',
      { a: { type: 'object', maxProperties: 1, additionalProperties: { type: 'string' } } },
      { a: { x: '', y: '' } },
      ['spec.a: Too many: 2: must have at most 1 item'],
    ],
    [
      'what is required',
      { a: { type: 'object', required: ['b'], properties: { b: { type: 'string' } } } },
      { a: {} },
      ['spec.a.b: Required value'],
    ],
    [
      'the format',
      { a: { type: 'string', format: 'date-time' } },
      { a: 'today' },
      ['spec.a: Invalid value: "today": spec.a in body must be of type date-time: "today"'],
    ],
    ['nothing of a format it does not know', { a: { type: 'string', format: 'nosuch' } }, { a: 'today' }, []],
    ['nothing of an allowed null', { a: { type: 'string', nullable: true } }, { a: null }, []],
    [
      'what fits neither integer nor string',
      { a: { 'x-kubernetes-int-or-string': true } },
      { a: true },
      ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"'],
    ],
    [
      'an item twice in a set',
      { a: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } } },
      { a: ['x', 'x'] },
      ['spec.a[1]: Duplicate value: "x"'],
    ],
    [
      'a key twice in a list',
      {
        a: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['n'],
          items: { type: 'object', properties: { n: { type: 'string' } } },
        },
      },
      { a: [{ n: 'x' }, { n: 'x' }] },
      ['spec.a[1]: Duplicate value: {"n":"x"}'],
    ],
    [
      'that one of several must fit',
      { a: { type: 'string', oneOf: [{ enum: ['x'] }, { enum: ['x', 'y'] }] } },
      { a: 'x' },
      ['<nil>: Invalid value: "": "spec.a" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'what must not fit',
      { a: { type: 'string', not: { enum: ['x'] } } },
      { a: 'x' },
      ['<nil>: Invalid value: "": "spec.a" must not validate the schema (not)'],
    ],
    [
      'the format that a number has not',
      { a: { type: 'string', format: 'date-time' } },
      { a: 5 },
      ['spec.a: Invalid value: "int64": spec.a in body must be of type date-time: "int64"'],
    ],
    [
      'that a number is no integer of its format',
      { a: { type: 'integer', format: 'int32' } },
      { a: 5e9 },
      ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.a'],
    ],
    [
      'only the length of what is too long',
      { a: { type: 'string', maxLength: 2, pattern: '^b+$' } },
      { a: 'aaa' },
      ['spec.a: Too long: may not be more than 2 bytes'],
    ],
    [
      'that items with keys are objects',
      { a: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['n'] } },
      { a: ['x'] },
      ['spec.a[0]: Invalid value: "x": must be an object for an array of list-type map'],
    ],
    [
      'what an object inside an object has to say of itself',
      { a: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } },
      { a: { kind: 'Pod' } },
      ['spec.a.apiVersion: Required value'],
    ],
    ['characters as such', { a: { type: 'string', maxLength: 2 } }, { a: 'éé' }, []],
  ];
  for (const [sentence, properties, spec, expected] of cases) {
    test(sentence, () => assert.deepEqual(texts(validateCustomObject(aKind(properties), aThing(spec))), expected));
  }

  test('nothing of what was wrong before and did not change', () => {
    const kind = aKind({ a: { type: 'integer', maximum: 2 }, b: { type: 'integer' } });
    assert.deepEqual(validateCustomObject(kind, aThing({ a: 5, b: 1 }), aThing({ a: 5 })), []);
    assert.equal(validateCustomObject(kind, aThing({ a: 6 }), aThing({ a: 5 })).length, 1);
  });

  test('the path of status under its own subresource', () => {
    const status = { status: { count: 'x' } };
    assert.deepEqual(texts(validateCustomStatus(aKind({}), aThing({}, status), aThing({}))), [
      'status.count: Invalid value: "string": count in body must be of type integer: "string"',
    ]);
  });
});

describe('rules', () => {
  const spec = (rule: string, more: object = {}) => ({
    'x-kubernetes-validations': [{ rule, message: 'no', ...more }],
  });
  const fields: Record<string, Schema> = {
    a: { type: 'integer' },
    b: { type: 'string' },
    n: { type: 'number' },
    list: { type: 'array', items: { type: 'string' } },
    map: { type: 'object', additionalProperties: { type: 'string' } },
    'dash-ed': { type: 'string' },
    mixed: { 'x-kubernetes-int-or-string': true },
    nothing: { type: 'string', nullable: true },
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer' } } },
    },
  };
  const holds: [string, Json][] = [
    ['self.a > 1 && self.a < 3.5', { a: 2 }],
    ['self.n == 1', { n: 1 }],
    ['!has(self.b) || self.b.startsWith("x")', {}],
    ['[has(self.a), has(self.b)].filter(x, x).size() == 1', { a: 1 }],
    ['self.list.all(x, x.matches("^[a-z]+$")) && self.list.exists_one(x, x == "b")', { list: ['a', 'b'] }],
    ['self.map.all(k, self.map[k].size() < 3) && "x" in self.map', { map: { x: 'yy' } }],
    ['self.dash__dash__ed == "x"', { 'dash-ed': 'x' }],
    ['self.mixed == 5 || self.mixed == "5"', { mixed: 5 }],
    ['self.keyed.exists(e, e.k == "x" && e.v == 1)', { keyed: [{ k: 'x', v: 1 }] }],
    ['self.list == ["a"] && self.map == {"x": "y"}', { list: ['a'], map: { x: 'y' } }],
    ['self.b.split(",").size() == 2 && self.b.replace(",", "") == "xy"', { b: 'x,y' }],
    ['isURL(self.b) && url(self.b).getHost() == "x.dev:8080"', { b: 'http://x.dev:8080/p' }],
    ['quantity(self.b).isLessThan(quantity("1Gi"))', { b: '512Mi' }],
    ['self.list.isSorted() && self.list.indexOf("b") == 1', { list: ['a', 'b'] }],
    ['"%s-%d".format([self.b, self.a]) == "x-1"', { a: 1, b: 'x' }],
    ['sets.contains(self.list, ["a"])', { list: ['b', 'a'] }],
    ['self.b.size() == 2', { b: 'é😀' }],
    ['self.?b.orValue("none") == "none"', {}],
    ['has(self.keyed[0].v) && !has(self.keyed[1].v)', { keyed: [{ k: 'x', v: 1 }, { k: 'y' }] }],
    ['ip(self.b).isLoopback() && cidr("127.0.0.0/8").containsIP(self.b)', { b: '127.0.0.1' }],
    ['semver(self.b).isLessThan(semver("1.10.0"))', { b: '1.9.3' }],
    ['format.dns1123Label().validate(self.b).hasValue()', { b: 'Not A Label' }],
    ['self.list.sort() == ["a", "b"] && self.list.distinct().size() == 2', { list: ['b', 'a'] }],
    ['self.b.matches("(?i)^ABC$")', { b: 'abc' }],
    ['!has(self.nothing)', { nothing: null }],
  ];
  for (const [rule, value] of holds) {
    test(`${rule} holds`, () => {
      assert.deepEqual(texts(validateCustomObject(aKind(fields, spec(rule)), aThing(value))), []);
    });
  }

  const refuses: [string, Schema, Json, string][] = [
    ['with their message', spec('self.a > 1'), { a: 1 }, 'spec: Invalid value: no'],
    [
      'with themselves when they have none',
      spec('self.a > 1', { message: '' }),
      { a: 1 },
      'spec: Invalid value: failed rule: self.a > 1',
    ],
    [
      'with the message that they make',
      spec('self.a > 1', { messageExpression: '"a is " + string(self.a)' }),
      { a: 1 },
      'spec: Invalid value: a is 1',
    ],
    ['with their reason', spec('self.a > 1', { reason: 'FieldValueForbidden' }), { a: 1 }, 'spec: Forbidden: no'],
    ['at the field they name', spec('self.a > 1', { fieldPath: '.a' }), { a: 1 }, 'spec.a: Invalid value: no'],
    [
      'when they cannot be evaluated',
      spec('self.a > 1'),
      {},
      'spec: Invalid value: "object": no such key: a evaluating rule: no',
    ],
  ];
  for (const [sentence, rules, value, expected] of refuses) {
    test(`refuse ${sentence}`, () => {
      assert.deepEqual(texts(validateCustomObject(aKind(fields, rules), aThing(value))), [expected]);
    });
  }

  test('of a scalar show its value', () => {
    const kind = aKind({
      a: { type: 'integer', ...spec('self > 1') },
      m: { type: 'object', additionalProperties: { type: 'string', ...spec('self != "x"') } },
    });
    assert.deepEqual(texts(validateCustomObject(kind, aThing({ a: 1, m: { k: 'x' } }))), [
      'spec.a: Invalid value: 1: no',
      'spec.m[k]: Invalid value: "x": no',
    ]);
  });

  test('that look back apply to updates only', () => {
    const kind = aKind(fields, spec('self.a >= oldSelf.a'));
    assert.deepEqual(validateCustomObject(kind, aThing({ a: 1 })), []);
    assert.deepEqual(validateCustomObject(kind, aThing({ a: 2 }), aThing({ a: 1 })), []);
    assert.deepEqual(texts(validateCustomObject(kind, aThing({ a: 1 }), aThing({ a: 2 }))), [
      'spec: Invalid value: no',
    ]);
  });

  test('may look back optionally', () => {
    const kind = aKind({
      a: {
        type: 'integer',
        ...spec('oldSelf.hasValue() ? self >= oldSelf.value() : self == 1', { optionalOldSelf: true }),
      },
    });
    assert.deepEqual(validateCustomObject(kind, aThing({ a: 1 })), []);
    assert.equal(validateCustomObject(kind, aThing({ a: 2 })).length, 1);
    assert.deepEqual(validateCustomObject(kind, aThing({ a: 2 }), aThing({ a: 1 })), []);
  });

  test('find the old item by its key', () => {
    const items: Schema = {
      type: 'object',
      properties: { k: { type: 'string' }, v: { type: 'integer' } },
      ...spec('self.v >= oldSelf.v'),
    };
    const kind = aKind({
      l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items },
    });
    const old = aThing({
      l: [
        { k: 'x', v: 5 },
        { k: 'y', v: 1 },
      ],
    });
    assert.deepEqual(
      texts(
        validateCustomObject(
          kind,
          aThing({
            l: [
              { k: 'y', v: 0 },
              { k: 'x', v: 6 },
            ],
          }),
          old,
        ),
      ),
      ['spec.l[0]: Invalid value: no'],
    );
  });

  test('of the whole object see its name', () => {
    const kind = aKind(fields);
    const root = { ...kind.root, ...spec('self.metadata.name == "y"') };
    assert.deepEqual(texts(validateCustomObject({ ...kind, root }, aThing({}))), ['<nil>: Invalid value: no']);
  });

  test('are not asked when the object is wrong in itself', () => {
    const kind = aKind(fields, spec('self.a > 1'));
    assert.deepEqual(texts(validateCustomObject(kind, aThing({ a: 'x' }))), [
      'spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ]);
  });

  test('excuse what did not change', () => {
    const kind = aKind(fields, spec('self.a > 1'));
    assert.deepEqual(validateCustomObject(kind, aThing({ a: 1 }, { status: { count: 1 } }), aThing({ a: 1 })), []);
  });
});
