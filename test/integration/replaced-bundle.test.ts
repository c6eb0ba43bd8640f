import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CONFIG_MAPS, DEPLOYMENTS } from '#platform/kube/resources.ts';
import { SOURCE_HASH_ANNOTATION } from '../../operator/function/children.ts';
import { bundleOf, storedConfigMap } from '../../operator/function/stored-bundle.ts';
import { eventually } from '../support/eventually.ts';
import { Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal, namespace } = stage;

test('a bundle of another version of the operator goes when the revision gets a new one', async () => {
  await stage.apply('upgraded', { source: { inline: `export default () => 'hi';` } });
  const fn = await stage.function('upgraded', 'is made', (seen) => seen.status?.latestRevision !== undefined);
  const revision = String(fn.status?.latestRevision);
  await stage.stopOperator();
  const made = await stage.deployment(revision);
  const bundle = String(bundleOf(made)?.parts[0]?.name);
  // What another compiler would have left behind.
  const former = 'upgraded-bundle-0123456789abcdef';
  await kube.create(CONFIG_MAPS, storedConfigMap(fn, { name: former, chunks: ['text:'] }), { signal });
  const template = JSON.parse(JSON.stringify(made.spec?.template).replaceAll(bundle, former));
  const annotations = { [SOURCE_HASH_ANNOTATION]: 'former', 'catnap.dev/template-hash': 'former' };
  const body = { metadata: { annotations }, spec: { template } };
  await kube.patch(DEPLOYMENTS, { namespace, name: revision }, { type: 'merge', body }, { signal });

  await stage.startOperator();
  await eventually('only the new bundle is there', async () => {
    const selection = { namespace, labelSelector: 'catnap.dev/function=upgraded', signal };
    const { items } = await kube.listAll(CONFIG_MAPS, selection);
    return items.length === 1 && items[0]?.metadata?.name === bundle;
  });
  assert.equal(bundleOf(await stage.deployment(revision))?.parts[0]?.name, bundle);
});
