import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as yaml from 'yaml';
import type { BuiltCode } from '../build/built-code.ts';
import { manifestsOf } from './function-manifest.ts';
import { manifestYaml } from './manifest-yaml.ts';

const place = { project: 'shop', namespace: 'team' };
const built = (code: string): BuiltCode => ({ code, map: '{"version":3}', inputs: [], warnings: [], sizes: [] });
const fn = { name: 'orders', entry: '/x/index.ts', spec: { timeoutSeconds: 5 }, build: {} };
const MAP = `//# sourceMappingURL=data:application/json;base64,${Buffer.from('{"version":3}').toString('base64')}\n`;

test('small code stands in the Function, with its map', () => {
  const made = manifestsOf(fn, built('export default 1;\n'), place);
  assert.deepEqual(made, {
    function: {
      apiVersion: 'catnap.dev/v1alpha1',
      kind: 'Function',
      metadata: {
        name: 'orders',
        namespace: 'team',
        labels: { 'app.kubernetes.io/managed-by': 'catnap-cli', 'catnap.dev/project': 'shop' },
      },
      spec: { source: { files: { 'index.js': `export default 1;\n${MAP}` } }, timeoutSeconds: 5 },
    },
    configMaps: [],
  });
});

test('an image needs no code', () => {
  const made = manifestsOf({ ...fn, entry: undefined, spec: { image: 'a:1' } }, undefined, {
    ...place,
    namespace: undefined,
  });
  assert.deepEqual(made.function.spec, { image: 'a:1' });
  assert.ok(!('namespace' in made.function.metadata));
});

test('code beyond 192 KiB goes into a ConfigMap, compressed, named by its content', () => {
  const code = `/*${'x'.repeat(200_000)}*/`;
  const { function: made, configMaps } = manifestsOf(fn, built(code), place);
  const [only] = configMaps;
  assert.ok(only !== undefined && configMaps.length === 1);
  assert.match(only.metadata.name, /^orders-source-[0-9a-f]{12}-1$/);
  assert.deepEqual(made.spec.source, { configMapRefs: [{ name: only.metadata.name }] });
  assert.deepEqual(
    [only.immutable, only.metadata.namespace, only.metadata.labels['catnap.dev/deployed-function']],
    [true, 'team', 'orders'],
  );
  assert.equal(gunzipSync(Buffer.from(only.binaryData['index.js.gz'] ?? '', 'base64')).toString(), `${code}\n${MAP}`);
  assert.deepEqual(manifestsOf(fn, built(code), place).configMaps, configMaps);
  assert.notEqual(
    manifestsOf(fn, built(`${code} `.replace('x', 'y')), place).configMaps[0]?.metadata.name,
    only.metadata.name,
  );
});

test('code that is too large for one ConfigMap compressed too goes into several, in pieces', () => {
  const code = `/*${randomBytes(1_500_000).toString('base64')}*/`;
  const { function: made, configMaps } = manifestsOf(fn, built(code), place);
  const pieces = configMaps.flatMap(({ binaryData }) => Object.entries(binaryData));
  assert.deepEqual(
    pieces.map(([key]) => key),
    ['index.js.gz.1', 'index.js.gz.2'],
  );
  assert.deepEqual(
    made.spec.source?.configMapRefs,
    configMaps.map(({ metadata: { name } }) => ({ name })),
  );
  const packed = Buffer.concat(pieces.map(([, piece]) => Buffer.from(piece, 'base64')));
  assert.equal(gunzipSync(packed).toString(), `${code}\n${MAP}`);
  assert.ok(pieces.every(([, piece]) => piece.length * 0.75 < 1_000_000));
});

test('manifests are YAML that says the same', () => {
  const { function: made } = manifestsOf(fn, built('const a = `  \\n\t`;\n  // ü: #\n'), place);
  const text = manifestYaml([made, { kind: 'ConfigMap', data: { no: 'yes', '1': '' } }]);
  assert.deepEqual(
    yaml.parseAllDocuments(text).map((document) => document.toJS()),
    [made, { kind: 'ConfigMap', data: { no: 'yes', '1': '' } }],
  );
});
