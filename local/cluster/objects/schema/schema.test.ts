import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json, KindSchema, KubeObject } from '../kind-schema.ts';
import { loadBuiltinKinds } from './builtin-kinds.ts';
import { decodeBody } from './decode.ts';
import { encodedObject } from './encoded-object.ts';
import { typeMistake } from './go-types.ts';
import { canonicalQuantity } from './quantity.ts';
import { dropUnknownFields, strictDecodingError } from './strict.ts';

const kinds = await loadBuiltinKinds();
const POD = kinds.get('', 'v1', 'Pod') ?? assert.fail();
const DEPLOYMENT = kinds.get('apps', 'v1', 'Deployment') ?? assert.fail();
const CONFIG_MAP = kinds.get('', 'v1', 'ConfigMap') ?? assert.fail();
const SECRET = kinds.get('', 'v1', 'Secret') ?? assert.fail();

function anObject(kind: KindSchema, fields: Record<string, unknown>): KubeObject {
  return { apiVersion: 'v1', kind: kind.kind, metadata: { name: 'x' }, ...fields };
}

describe('bodies', () => {
  test('of JSON tell keys that are there twice', () => {
    const text = '{"a": {"b": 1, "b": 2}, "c": [{"d": "x\\"}", "d": null}], "e\\"f": 1}';
    const { value, duplicates } = decodeBody(text, 'application/json');
    assert.deepEqual(value, { a: { b: 2 }, c: [{ d: null }], 'e"f': 1 });
    assert.deepEqual(duplicates, ['duplicate field "a.b"', 'duplicate field "c[0].d"']);
  });

  const yaml: [string, string, Json][] = [
    ['booleans of YAML 1.1', 'a: yes\nb: off', { a: true, b: false }],
    ['times of day and dates as strings', 'a: 12:30:45\nb: 2026-01-01', { a: '12:30:45', b: '2026-01-01' }],
    ['octal numbers', 'mode: 0644', { mode: 420 }],
    ['merged keys', 'base: &b {x: 1}\nc: {<<: *b, z: 2}', { base: { x: 1 }, c: { x: 1, z: 2 } }],
    ['JSON under the name of YAML', '{"a": 1}', { a: 1 }],
    ['a key twice, of which the last counts', 'a: 1\na: 2', { a: 2 }],
  ];
  for (const [sentence, text, value] of yaml) {
    test(`of YAML may have ${sentence}`, () => assert.deepEqual(decodeBody(text, 'application/yaml').value, value));
  }

  test('that cannot be read are refused', () => {
    assert.throws(() => decodeBody('{"a":', 'application/json'), {
      code: 400,
      message: /unexpected end of JSON input/,
    });
    assert.throws(() => decodeBody('a: [', 'application/yaml'), {
      code: 400,
      message: /^error converting YAML to JSON: yaml: line \d+: /,
    });
  });
});

describe('unknown fields', () => {
  test('are dropped and named with their path', () => {
    const pod = anObject(POD, { spec: { containers: [{ name: 'c', imag: 'x' }], foo: {} }, bar: 1 });
    const { object, unknown } = dropUnknownFields(POD, pod);
    assert.deepEqual(object, anObject(POD, { spec: { containers: [{ name: 'c' }] } }));
    assert.deepEqual(unknown, [
      'unknown field "spec.containers[0].imag"',
      'unknown field "spec.foo"',
      'unknown field "bar"',
    ]);
    assert.equal(
      strictDecodingError(unknown.slice(1), POD).message,
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo", unknown field "bar"',
    );
  });

  test('leave keys of maps alone', () => {
    const object = anObject(CONFIG_MAP, { data: { 'any.key': 'v' }, metadata: { name: 'x', labels: { a: 'b' } } });
    assert.equal(dropUnknownFields(CONFIG_MAP, object).object, object);
  });
});

describe('wrong types are told as the decoder does:', () => {
  const cases: [KindSchema, Record<string, unknown>, string][] = [
    [
      CONFIG_MAP,
      { data: { a: 1 } },
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      DEPLOYMENT,
      { spec: { replicas: 'two' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      DEPLOYMENT,
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      POD,
      { spec: { containers: {} } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [SECRET, { data: { a: '!!' } }, 'illegal base64 data at input byte 0'],
    [
      POD,
      { metadata: { creationTimestamp: 'x' } },
      'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ],
  ];
  for (const [kind, fields, message] of cases) {
    test(message, () => assert.equal(typeMistake(kind, anObject(kind, fields) as unknown as Json), message));
  }
  test('a port by name is fine', () => {
    const probe = { httpGet: { port: 'http' } };
    const pod = anObject(POD, { spec: { containers: [{ name: 'c', readinessProbe: probe }] } });
    assert.equal(typeMistake(POD, pod as unknown as Json), undefined);
  });
});

describe('what is stored', () => {
  test('has no nulls, no needless zeroes and empties, but what is always written', () => {
    const container = {
      name: 'c',
      image: '',
      env: [],
      ports: null,
      resources: { limits: { cpu: '0.5' } },
      stdin: false,
    };
    const pod = anObject(POD, {
      spec: { containers: [container], hostNetwork: false, nodeSelector: {}, volumes: [{ name: 'v', emptyDir: {} }] },
    });
    assert.deepEqual(encodedObject(POD, pod), {
      ...anObject(POD, {
        spec: {
          containers: [{ name: 'c', resources: { limits: { cpu: '500m' } } }],
          volumes: [{ name: 'v', emptyDir: {} }],
        },
      }),
      status: {},
    });
  });

  test('keeps a zero that means something', () => {
    const stored = encodedObject(DEPLOYMENT, anObject(DEPLOYMENT, { spec: { replicas: 0, template: {} } }));
    assert.deepEqual(stored.spec, { replicas: 0, template: { metadata: {}, spec: {} }, strategy: {} });
  });

  const quantities: [string | number, string][] = [
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000m', '1'],
    [2, '2'],
    ['100000k', '100M'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['512Ki', '512Ki'],
    ['0.5Ki', '512'],
    ['100m', '100m'],
    ['-1500m', '-1500m'],
    ['1E', '1E'],
    ['.5', '500m'],
  ];
  for (const [given, canonical] of quantities) {
    test(`has ${given} as ${canonical}`, () => assert.equal(canonicalQuantity(given), canonical));
  }
});
