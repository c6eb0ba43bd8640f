/** `catnap logs` over the log keeper as the chart installs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEPLOYMENTS, PODS } from '#platform/kube/resources.ts';
import { catnap } from '../support/catnap.ts';
import { eventually } from '../support/eventually.ts';
import { manifest } from '../support/manifest.ts';
import { systemNamespace } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem({ logs: { enabled: true } });
const namespace = systemNamespace;
const SAYING = `export default (request: Request) => {
  console.log('said ' + new URL(request.url).searchParams.get('what'));
  return 'ok';
};`;
const KEEPER = 'app.kubernetes.io/component=logs,app.kubernetes.io/name=catnap';

test('what a function wrote is there at zero replicas, and after the keeper was installed anew as long as its pods are', async () => {
  await using world = await system.world();
  const logs = async (...args: string[]) => {
    const { stdout, stderr } = await catnap(['logs', ...args, '-n', world.namespace], {
      kubeconfig: system.kubeconfig,
    });
    return stdout + stderr;
  };
  const url = await world.deploy(manifest(world.namespace, 'says', SAYING));
  assert.equal((await world.call(url, { path: '/?what=one' })).status, 200);
  await eventually('the line is kept', async () => (await logs('says')).includes('said one'));
  await world.asleep('says');
  const asleep = await logs('says');
  assert.match(asleep, /^\S+ \S+ INFO {2}said one requestId=\S+$/m);
  assert.doesNotMatch(asleep, /^catnap:/m, 'it came from the keeper');

  // Its pod is replaced, and with it what it kept; the replica that is there is read from its first line on.
  const stays = await world.deploy(manifest(world.namespace, 'stays', SAYING, { scaling: { minReplicas: 1 } }));
  await world.call(stays, { path: '/?what=two' });
  await eventually('the line is kept', async () => (await logs('stays')).includes('said two'));
  const options = { namespace, labelSelector: KEEPER, signal: world.soon() };
  const [pod] = (await system.kube.listAll(PODS, options)).items;
  const [deployment] = (await system.kube.listAll(DEPLOYMENTS, options)).items;
  await system.kube.delete(PODS, { namespace, name: String(pod?.metadata?.name) }, { signal: world.soon() });
  await eventually('it is read again', async () => {
    const all = await logs('stays');
    return !all.includes('catnap:') && all.match(/said two/g)?.length === 1;
  });
  const name = String(deployment?.metadata?.name);
  const scale = (replicas: number) =>
    system.kube.patch(
      DEPLOYMENTS,
      { namespace, name },
      { type: 'merge', body: { spec: { replicas } } },
      { signal: world.soon() },
    );
  await scale(0);
  await eventually('without it the pods are asked, and that is said', async () => {
    const all = await logs('stays');
    return all.includes('the log keeper does not run') && all.includes('said two');
  });
  await scale(1);
});
