import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction } from '../testing/builders.ts';
import { environmentConfigMaps, type RevisionInputs, revisionOf, revisionOfContents } from './revision.ts';

type Spec = NonNullable<Parameters<typeof aFunction>[0]>;
const INPUTS: RevisionInputs = { source: { files: { 'index.ts': '1' }, entry: 'index.ts' }, configMaps: {} };
const revision = (spec: Spec = {}, inputs = INPUTS) => revisionOf('hello', aFunction(spec).spec, inputs);

test('the name is that of the function and eight hex digits', () => {
  assert.match(revision(), /^hello-[0-9a-f]{8}$/);
});

test('equal inputs are the same revision, whatever the order of keys', () => {
  const one = revision({ resources: { requests: { cpu: '1', memory: '1Gi' } } });
  const other = revision({ resources: { requests: { memory: '1Gi', cpu: '1' } } });
  assert.equal(one, other);
});

const CHANGES: [string, Spec][] = [
  ['handler', { handler: 'main' }],
  ['signature', { signature: 'lambda' }],
  ['env', { env: [{ name: 'A', value: '1' }] }],
  ['envFrom', { envFrom: [{ configMapRef: { name: 'a' } }] }],
  ['secrets', { secrets: [{ name: 'a' }] }],
  ['resources', { resources: { limits: { memory: '1Gi' } } }],
  ['serviceAccountName', { serviceAccountName: 'a' }],
  ['imagePullSecrets', { imagePullSecrets: [{ name: 'a' }] }],
  ['securityContext', { securityContext: { runAsNonRoot: true } }],
  ['timeoutSeconds', { timeoutSeconds: 1 }],
  ['concurrency.limit', { concurrency: { limit: 1 } }],
];
for (const [field, spec] of CHANGES) {
  test(`a change of ${field} makes a new revision`, () => {
    assert.notEqual(revision(spec), revision());
  });
}

test('a change of the source or of a ConfigMap it refers to makes a new revision', () => {
  const source = { files: { 'index.ts': '2' }, entry: 'index.ts' };
  assert.notEqual(revision({}, { ...INPUTS, source }), revision());
  assert.notEqual(
    revision({}, { ...INPUTS, configMaps: { a: null } }),
    revision({}, { ...INPUTS, configMaps: { a: {} } }),
  );
});

test('a function that was made before there were signatures keeps its revision', () => {
  assert.equal(revision({ signature: 'auto' }), 'hello-6478cbe6');
});

test('what does not change the pod makes no revision', () => {
  const same = revision({
    scaling: { minReplicas: 2, idleSeconds: 5 },
    queue: { size: 1, maxBytes: '1Mi' },
    timeouts: { firstByteSeconds: 1, idleSeconds: 1 },
    maxBodyBytes: '1Mi',
    concurrency: { target: 1 },
    routes: [{ host: 'a.example' }],
    async: { mode: 'Always', timeoutSeconds: 600 },
  });
  assert.equal(same, revision());
});

test('the ConfigMaps of the environment are found, each once', () => {
  const { spec } = aFunction({
    env: [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'b', key: 'k' } } },
      { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ],
    envFrom: [{ configMapRef: { name: 'a' } }, { configMapRef: { name: 'b' } }],
  });
  assert.deepEqual(environmentConfigMaps(spec), ['a', 'b']);
});

test('ConfigMaps that are read one by one make the same revision', async () => {
  const { spec } = aFunction({ envFrom: [{ configMapRef: { name: 'a' } }] });
  for (const configMaps of [{}, { a: null }, { a: { k: '"v"' }, b: { z: '1', a: '2' } }]) {
    const whole = revisionOf('hello', spec, { ...INPUTS, configMaps });
    const entries: [string, Record<string, string> | null][] = Object.entries(configMaps);
    const oneByOne = (async function* () {
      yield* entries;
    })();
    const streamed = await revisionOfContents('hello', spec, { source: INPUTS.source, configMaps: oneByOne });
    assert.equal(streamed, whole);
  }
});
