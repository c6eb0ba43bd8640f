import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json, JsonObject } from '../kind-schema.ts';
import { loadBuiltinKinds } from '../schema/builtin-kinds.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

const kinds = await loadBuiltinKinds();
const POD = kinds.get('', 'v1', 'Pod') ?? assert.fail();
const SERVICE = kinds.get('', 'v1', 'Service') ?? assert.fail();
const DEPLOYMENT = kinds.get('apps', 'v1', 'Deployment') ?? assert.fail();

describe('JSON patch', () => {
  const cases: [string, Json, Json, Json][] = [
    ['adds a key', { a: 1 }, [{ op: 'add', path: '/b', value: { c: 2 } }], { a: 1, b: { c: 2 } }],
    ['inserts into a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['replaces', { a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
    ['removes an escaped key', { 'a/b~c': 1, d: 2 }, [{ op: 'remove', path: '/a~1b~0c' }], { d: 2 }],
    ['moves', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    [
      'goes on after a test that holds',
      { a: 1 },
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
    ['takes a missing key for null in a test', { a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  ];
  for (const [sentence, document, patch, expected] of cases) {
    test(sentence, () => assert.deepEqual(jsonPatch(document, patch), expected));
  }

  const refused: [string, Json, Json, number][] = [
    ['refuses a test that fails', { a: 1 }, [{ op: 'test', path: '/a', value: 2 }], 422],
    ['refuses to remove what is not there', { a: 1 }, [{ op: 'remove', path: '/b' }], 422],
    ['refuses to copy what every object inherits', {}, [{ op: 'copy', from: '/valueOf', path: '/a' }], 422],
    ['refuses to replace what every object inherits', {}, [{ op: 'replace', path: '/valueOf', value: 1 }], 422],
    ['refuses to replace what is not there', { a: 1 }, [{ op: 'replace', path: '/b', value: 1 }], 422],
    ['refuses an index beyond the end', { a: [1] }, [{ op: 'add', path: '/a/2', value: 1 }], 422],
    ['refuses an unknown operation', {}, [{ op: 'shuffle', path: '/a' }], 422],
    ['refuses an object', {}, {}, 400],
  ];
  for (const [sentence, document, patch, code] of refused) {
    test(sentence, () => assert.throws(() => jsonPatch(document, patch), { code }));
  }

  test('leaves the document it was given as it was', () => {
    const document = { a: { b: 1 } };
    jsonPatch(document, [{ op: 'remove', path: '/a/b' }]);
    assert.deepEqual(document, { a: { b: 1 } });
  });
});

describe('merge patch', () => {
  const cases: [string, Json, Json, Json][] = [
    ['merges objects and replaces lists', { a: { b: 1, c: [1] } }, { a: { c: [2] } }, { a: { b: 1, c: [2] } }],
    ['removes by null', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['drops nulls of a new object', { a: 1 }, { b: { c: null, d: 1 } }, { a: 1, b: { d: 1 } }],
    ['replaces a scalar by an object', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
  ];
  for (const [sentence, document, patch, expected] of cases) {
    test(sentence, () => assert.deepEqual(mergePatch(document, patch), expected));
  }
  test('refuses what is no object', () => assert.throws(() => mergePatch({}, []), { code: 400 }));
});

describe('strategic merge patch', () => {
  const aPod = (...containers: JsonObject[]): JsonObject => ({ spec: { containers } });
  const cases: [string, typeof POD, JsonObject, JsonObject, JsonObject][] = [
    [
      'merges containers by name',
      POD,
      aPod({ name: 'a', image: '1' }, { name: 'b', image: '1' }),
      aPod({ name: 'b', image: '2' }),
      aPod({ name: 'a', image: '1' }, { name: 'b', image: '2' }),
    ],
    [
      'deletes an item by directive',
      POD,
      aPod({ name: 'a' }, { name: 'b' }),
      aPod({ name: 'a', $patch: 'delete' }),
      aPod({ name: 'b' }),
    ],
    [
      'replaces a list by directive',
      POD,
      aPod({ name: 'a' }, { name: 'b' }),
      { spec: { containers: [{ name: 'c' }, { $patch: 'replace' }] } },
      aPod({ name: 'c' }),
    ],
    [
      'orders items as asked',
      POD,
      aPod({ name: 'a' }, { name: 'b' }),
      {
        spec: {
          '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }, { name: 'a' }],
          containers: [{ name: 'c' }],
        },
      },
      aPod({ name: 'c' }, { name: 'b' }, { name: 'a' }),
    ],
    [
      'keeps items the order does not know where they were',
      POD,
      aPod({ name: 'a' }, { name: 'x' }, { name: 'b' }),
      { spec: { '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }] } },
      aPod({ name: 'a' }, { name: 'x' }, { name: 'b' }),
    ],
    [
      'deletes from a list of scalars',
      POD,
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
    [
      'merges a list of scalars without repetition',
      POD,
      { metadata: { finalizers: ['a'] } },
      { metadata: { finalizers: ['b', 'a'] } },
      { metadata: { finalizers: ['b', 'a'] } },
    ],
    [
      'replaces lists without a strategy',
      POD,
      aPod({ name: 'a', args: ['1', '2'] }),
      aPod({ name: 'a', args: ['3'] }),
      aPod({ name: 'a', args: ['3'] }),
    ],
    [
      'drops the keys that are not to be retained',
      DEPLOYMENT,
      { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate' } } },
    ],
    [
      'removes a field by null and merges labels key by key',
      POD,
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { a: null, c: '3' } } },
      { metadata: { labels: { b: '2', c: '3' } } },
    ],
    [
      'merges ports of a service by number',
      SERVICE,
      { spec: { ports: [{ port: 80, name: 'a' }] } },
      { spec: { ports: [{ port: 80, targetPort: 8080 }, { port: 81 }] } },
      { spec: { ports: [{ port: 80, name: 'a', targetPort: 8080 }, { port: 81 }] } },
    ],
    [
      'empties an object by directive',
      POD,
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'delete' } } },
      { metadata: { labels: {} } },
    ],
  ];
  for (const [sentence, kind, document, patch, expected] of cases) {
    test(sentence, () => assert.deepEqual(strategicMergePatch(kind, document, patch), expected));
  }

  test('refuses an item without its merge key', () => {
    assert.throws(() => strategicMergePatch(POD, aPod({ name: 'a' }), aPod({ image: 'x' })), {
      message: 'map: {"image":"x"} does not contain declared merge key: name',
    });
  });
});
