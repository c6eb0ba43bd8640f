import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build } from 'esbuild';
import type { FunctionObject } from '#api/function.ts';
import { CONFIG_MAPS, DEPLOYMENTS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import { condition, observed } from '../support/world.ts';

const system = useSystem();

test('several files, an entry of another name and a named handler', async () => {
  await using world = await system.world();
  const fn = manifest(world.namespace, 'files', HELLO);
  const files = {
    'src/main.ts': `import { greet } from './greet.ts';\nimport words from '../words.json';\nexport const run = () => greet(words.hello);`,
    'src/greet.ts': "export const greet = (word: string): string => word + '!';",
    'words.json': '{ "hello": "hi" }',
  };
  const url = await world.deploy({
    ...fn,
    spec: { ...fn.spec, source: { files, entry: 'src/main.ts' }, handler: 'run' },
  });
  assert.equal((await world.call(url)).text, 'hi!');
});

test('a handler that was bundled with its package beforehand', async () => {
  await using world = await system.world();
  const contents = `import { stringify } from 'yaml';
    export const handler = async (event) => ({ statusCode: 200, body: stringify({ hello: [event.rawPath] }) });`;
  const options = { bundle: true, write: false, format: 'cjs', platform: 'node', minify: true } as const;
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: import.meta.dirname } });
  await world.configMap('bundled', { 'index.js': outputFiles[0]?.text ?? '' });
  const fn = manifest(world.namespace, 'bundled', HELLO);
  const url = await world.deploy({ ...fn, spec: { ...fn.spec, source: { configMapRef: { name: 'bundled' } } } });
  assert.equal((await world.call(url, { path: '/you' })).text, 'hello:\n  - /you\n');
});

test('a handler that only shows to be missing when its module runs: the conditions say what there is', async () => {
  await using world = await system.world();
  const url = await world.deploy(
    manifest(world.namespace, 'absent', 'exports.hello = () => 1; exports.bye = () => 2;'),
  );
  assert.equal((await world.call(url)).status, 503);
  const said = (fn: FunctionObject) => String(condition(fn, 'RevisionReady')?.message);
  const fn = await world.function('absent', 'is refused', (seen) => said(seen).includes('HandlerNotFound'));
  assert.match(said(fn), /no handler was found for signature auto.*the module exports bye, hello/);
});

test('a change of the source ConfigMap makes a new revision', async () => {
  await using world = await system.world();
  await world.configMap('code', { 'index.ts': `export default () => 'one';` });
  const fn = manifest(world.namespace, 'mapped', HELLO);
  const url = await world.deploy({ ...fn, spec: { ...fn.spec, source: { configMapRef: { name: 'code' } } } });
  assert.equal((await world.call(url)).text, 'one');
  await world.configMap('code', { 'index.ts': `export default () => 'two';` });
  await eventually('the new code answers', async () => (await world.call(url)).text === 'two');
});

test('environment: values, references, the downward API, ConfigMaps and Secrets whole', async () => {
  await using world = await system.world();
  await world.configMap('settings', { COLOUR: 'red', SIZE: 'xl' });
  await world.secret('credentials', { TOKEN: 's3cret' });
  const env = [
    { name: 'PLAIN', value: 'p' },
    { name: 'COMPOSED', value: '$(PLAIN)-$(PLAIN)' },
    { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'settings', key: 'COLOUR' } } },
    { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'credentials', key: 'TOKEN' } } },
    { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ];
  const envFrom = [{ configMapRef: { name: 'settings' } }, { prefix: 'S_', secretRef: { name: 'credentials' } }];
  const source = `export default () => {
    const { PLAIN, COMPOSED, FROM_MAP, FROM_SECRET, POD, COLOUR, SIZE, S_TOKEN, PORT, K_SERVICE, K_CONFIGURATION, K_REVISION } = process.env;
    const bundle = Object.keys(process.env).filter((name) => name.startsWith('CATNAP_BUNDLE'));
    return { PLAIN, COMPOSED, FROM_MAP, FROM_SECRET, POD, COLOUR, SIZE, S_TOKEN, PORT, K_SERVICE, K_CONFIGURATION, K_REVISION, bundle };
  };`;
  const url = await world.deploy(manifest(world.namespace, 'env', source, { env, envFrom }));
  const { POD, PORT, K_SERVICE, K_CONFIGURATION, K_REVISION, ...rest } = JSON.parse((await world.call(url)).text);
  assert.deepEqual([PORT, K_SERVICE, K_CONFIGURATION], ['8080', 'env', 'env']);
  assert.equal(K_REVISION, (await world.get('env')).status?.latestRevision);
  assert.equal(POD, (await world.pods('env'))[0]?.metadata?.name);
  const plain = { PLAIN: 'p', COMPOSED: 'p-p', FROM_MAP: 'red', FROM_SECRET: 's3cret' };
  assert.deepEqual(rest, { ...plain, COLOUR: 'red', SIZE: 'xl', S_TOKEN: 's3cret', bundle: [] });
});

test('secrets are files, read-only, where the documentation says', async () => {
  await using world = await system.world();
  await world.secret('stripe', { key: 'sk_test' });
  const source = `import { readFileSync } from 'node:fs';
    export default () => readFileSync('/var/run/secrets/catnap/stripe/key', 'utf8');`;
  const url = await world.deploy(manifest(world.namespace, 'files', source, { secrets: [{ name: 'stripe' }] }));
  const answer = await world.call(url);
  assert.equal(answer.text, 'sk_test');
});

test('a pod mounts nothing it was not asked to, runs as nobody in particular and gets no token', async () => {
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'bare', HELLO));
  assert.equal((await world.call(url)).status, 200);
  const spec = (await world.pods('bare'))[0]?.spec;
  assert.deepEqual(spec?.volumes ?? [], []);
  assert.equal(spec?.automountServiceAccountToken, false);
  assert.equal(spec?.enableServiceLinks, false);
  const [container] = spec?.containers ?? [];
  assert.deepEqual(container?.volumeMounts ?? [], []);
  assert.equal(container?.securityContext?.allowPrivilegeEscalation, false);
  assert.deepEqual(container?.securityContext?.capabilities?.drop, ['ALL']);
  const nonRoot = { ...spec?.securityContext, ...container?.securityContext };
  assert.equal(nonRoot.runAsNonRoot, true);
  assert.ok(Number(nonRoot.runAsUser) > 0);
  assert.equal(nonRoot.seccompProfile?.type, 'RuntimeDefault');
});

test('a rollback is a re-apply: equal content is the same revision', async () => {
  await using world = await system.world();
  const one = manifest(world.namespace, 'rolls', `export default () => 'one';`);
  const url = await world.deploy(one);
  assert.equal((await world.call(url)).text, 'one');
  const first = (await world.get('rolls')).status?.latestRevision;
  await world.apply(manifest(world.namespace, 'rolls', `export default () => 'two';`));
  await eventually('the second answers', async () => (await world.call(url)).text === 'two');
  const second = await world.function('rolls', 'moved on', (fn) => observed(fn) && fn.status?.revision !== first);
  assert.equal(second.status?.revision, second.status?.latestRevision);
  await world.apply(one);
  await eventually('the first answers again', async () => (await world.call(url)).text === 'one');
  await world.function('rolls', 'is the first revision again', (fn) => fn.status?.revision === first);
});

test('what does not change the pod makes no new revision', async () => {
  await using world = await system.world();
  await world.deploy(manifest(world.namespace, 'same', HELLO));
  const before = (await world.get('same')).status?.latestRevision;
  const spec = { scaling: { maxReplicas: 3, idleSeconds: 5 }, queue: { size: 7 }, concurrency: { target: 3 } };
  await world.apply(manifest(world.namespace, 'same', HELLO, spec));
  const after = await world.function('same', 'has seen the change', observed);
  assert.equal(after.status?.latestRevision, before);
});

test('revisions that are two behind are removed with their bundles', async () => {
  await using world = await system.world();
  for (const n of [1, 2, 3, 4, 5]) {
    await world.deploy(manifest(world.namespace, 'many', `export default () => 'number ${n}';`));
  }
  await eventually('three Deployments are left, with their bundles', async () => {
    const options = { namespace: world.namespace, signal: world.soon() };
    const deployments = await world.kube.listAll(DEPLOYMENTS, options);
    const bundles = (await world.kube.listAll(CONFIG_MAPS, options)).items.filter((c) =>
      c.metadata?.name?.startsWith('many-bundle-'),
    );
    return deployments.items.length === 3 && bundles.length === 3;
  });
});

test('an image that answers on $PORT', {
  skip: system.image === undefined && 'not checked: no CATNAP_TEST_IMAGE',
}, async () => {
  await using world = await system.world();
  const { apiVersion, kind, metadata } = manifest(world.namespace, 'image', HELLO);
  const url = await world.deploy({
    apiVersion,
    kind,
    metadata,
    spec: { image: String(system.image), scaling: { idleSeconds: 2, tryOnChange: false } },
  });
  const answer = await world.call(url);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-catnap-cold-start'], 'true');
  await world.asleep('image');
});
