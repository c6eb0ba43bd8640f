/** `catnap deploy` where something is deployed already, by itself or by others; `rollback`, and `--prune`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { DEPLOY_AND_WAIT, project } from '../support/cli-project.ts';
import { eventually } from '../support/eventually.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const system = useSystem();

test('a diff shows the own files, and an earlier deploy can be gone back to', async () => {
  await using world = await system.world();
  const { folder, run, done, says } = await project(system, world, {
    'catnap.yaml': 'name: greet\n',
    'index.ts': `export default () => new Response('one');\n`,
  });
  await using _ = folder;
  await done(...DEPLOY_AND_WAIT);
  await folder.write({ 'index.ts': `export default () => new Response('two');\n` });
  const diff = await run('deploy', '--diff', '--exit-code');
  assert.equal(diff.exitCode, 1);
  assert.match(
    diff.stdout,
    /^-export default \(\) => new Response\('one'\);\n\+export default \(\) => new Response\('two'\);$/m,
  );
  assert.equal(await says('greet'), 'one');
  await done(...DEPLOY_AND_WAIT);
  assert.equal(await says('greet'), 'two');
  assert.equal((await run('deploy', '--diff', '--exit-code')).exitCode, 0);
  assert.match(await done('rollback', 'greet'), /again what deploy 1 was \(deploy 3\)/);
  await eventually('it says one again', async () => (await says('greet')) === 'one');
  const list = JSON.parse(await done('rollback', 'greet', '--list', '--json'));
  assert.deepEqual(
    list.map(({ number, from }: { number: number; from?: number }) => [number, from]),
    [
      [3, 1],
      [2, undefined],
      [1, undefined],
    ],
  );
  const none = await run('rollback', 'greet', '--to', '9');
  assert.equal(none.exitCode, 3);
  assert.match(none.stderr, /deploy 9 of greet is not remembered; there are: 3, 2, 1/);
});

test('a record that only looks like an earlier deploy is not gone back to, and stands in the way of none', async () => {
  await using world = await system.world();
  const { folder, run, done, says } = await project(system, world, {
    'catnap.yaml': 'name: greet\n',
    'index.ts': `export default () => new Response('one');\n`,
  });
  await using _ = folder;
  await done(...DEPLOY_AND_WAIT);
  const { items } = await world.kube.listAll(CONFIG_MAPS, {
    namespace: world.namespace,
    labelSelector: 'catnap.dev/deployed-function=greet,catnap.dev/deploy',
    signal: world.soon(),
  });
  const genuine = items[0] ?? assert.fail('no record');
  for (const number of [2, 7, Number.MAX_SAFE_INTEGER]) {
    const { name: __, resourceVersion: ___, uid: ____, creationTimestamp: _____, ...metadata } = genuine.metadata ?? {};
    const labels = { ...metadata.labels, 'catnap.dev/deploy': String(number) };
    const data = { 'deploy.json': JSON.stringify({ spec: { image: 'evil' }, at: '2026-01-01T00:00:00Z' }) };
    const forged = { ...genuine, metadata: { ...metadata, labels, name: `greet-deploy-${number}` }, data };
    await world.kube.create(CONFIG_MAPS, forged, { signal: world.soon() });
  }
  const none = await run('rollback', 'greet');
  assert.equal(none.exitCode, 3);
  assert.match(none.stderr, /greet was deployed once only; there are: 1/);
  await folder.write({ 'index.ts': `export default () => new Response('two');\n` });
  assert.match(await done(...DEPLOY_AND_WAIT), /^greet +changed +3 /m);
  assert.match(await done('rollback', 'greet'), /again what deploy 1 was \(deploy 4\)/);
  await eventually('it says one again', async () => (await says('greet')) === 'one');
});

const HELLO = ({ namespace }: World) => ({
  apiVersion: 'catnap.dev/v1alpha1',
  kind: 'Function',
  metadata: { name: 'hello', namespace },
  spec: { source: { inline: `export default () => new Response('hello')` } },
});

async function functions(world: World): Promise<string[]> {
  const { items } = await world.kube.listAll(FUNCTION, { namespace: world.namespace, signal: world.soon() });
  return items.map(({ metadata }) => metadata.name).sort();
}

test('functions that a project does not name any more are removed when that is asked for, and no others', async () => {
  await using world = await system.world();
  const both = 'name: shop\nfunctions:\n  orders: { entry: a.ts }\n  prices: { entry: a.ts }\n';
  const { folder, run, done } = await project(system, world, {
    'catnap.yaml': both,
    'a.ts': `export default () => new Response('a');`,
  });
  await using _ = folder;
  await world.apply({ ...HELLO(world), metadata: { name: 'another', namespace: world.namespace } } as never);
  await done('deploy');
  await folder.write({ 'catnap.yaml': 'name: shop\nfunctions:\n  orders: { entry: a.ts }\n' });
  assert.match(
    await done('deploy', '--prune', '--dry-run'),
    /^orders +unchanged \(dry run\)\nprices +removed \(dry run\)$/m,
  );
  assert.deepEqual(await functions(world), ['another', 'orders', 'prices']);
  await done('deploy', '--prune');
  assert.deepEqual(await functions(world), ['another', 'orders']);
  await folder.write({ 'catnap.yaml': 'name: bakery\nfunctions:\n  orders: { entry: a.ts }\n' });
  const taken = await run('deploy');
  assert.equal(taken.exitCode, 1);
  assert.match(taken.stderr, /orders is of the project "shop"/);
});

test('what another has set is not taken from him unless that is asked for', async () => {
  await using world = await system.world();
  const { folder, run, done } = await project(system, world, {
    'catnap.yaml': 'name: limits\nspec: { timeoutSeconds: 5 }\n',
    'index.ts': `export default () => new Response('a');`,
  });
  await using _ = folder;
  await done('deploy');
  const patch = { type: 'merge', body: { spec: { timeoutSeconds: 9 } } } as const;
  await world.kube.patch(FUNCTION, world.ref('limits'), patch, { fieldManager: 'kubectl-edit', signal: world.soon() });
  const refused = await run('deploy');
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.stderr,
    /limits: others have set what this would change:\n {2}\.spec\.timeoutSeconds {2}set by "kubectl-edit"\n/,
  );
  await done('deploy', '--force-conflicts');
  assert.equal((await world.get('limits')).spec.timeoutSeconds, 5);
});

test('a function whose code another tool has given is not deployed over, and it is said why', async () => {
  await using world = await system.world();
  const { folder, run } = await project(system, world, {
    'catnap.yaml': 'name: hello\n',
    'index.ts': `export default () => new Response('a');`,
  });
  await using _ = folder;
  await world.apply(HELLO(world) as never);
  const refused = await run('deploy');
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /hello: it has its code by other means.*: spec\.source\.inline\./);
});
