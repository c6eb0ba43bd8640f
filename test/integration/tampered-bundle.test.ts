import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LABEL } from '#api/names.ts';
import { CONFIG_MAPS, type ConfigMap, DEPLOYMENTS } from '#platform/kube/resources.ts';
import { BUNDLE_UID_ANNOTATION, type BundleRef, bundleOf } from '../../operator/function/stored-bundle.ts';
import { eventually } from '../support/eventually.ts';
import { READY, Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal, namespace } = stage;

async function made(name: string, code = 'hi'): Promise<{ revision: string; bundle: ConfigMap }> {
  await stage.apply(name, { source: { inline: `export default () => '${code}';` } });
  const fn = await stage.function(name, 'is made', (seen) => seen.status?.latestRevision !== undefined);
  const revision = String(fn.status?.latestRevision);
  const bundle = bundleOf(await stage.deployment(revision))?.parts[0]?.name ?? '';
  return { revision, bundle: await kube.get(CONFIG_MAPS, { namespace, name: bundle }, { signal }) };
}

async function remove({ metadata }: ConfigMap): Promise<void> {
  await kube.delete(CONFIG_MAPS, { namespace, name: metadata?.name ?? '' }, { signal });
}

async function putBack(bundle: ConfigMap): Promise<ConfigMap> {
  return eventually('the bundle is there as it was', async () => {
    const found = await kube.get(CONFIG_MAPS, { namespace, name: bundle.metadata?.name ?? '' }, { signal });
    assert.deepEqual(found.data, bundle.data);
    assert.equal(found.immutable, true);
    assert.deepEqual(found.metadata?.ownerReferences, bundle.metadata?.ownerReferences);
    return found;
  });
}

/** What someone who may write ConfigMaps puts in a bundle's place. */
function forged({ metadata, data }: ConfigMap, ours: boolean): ConfigMap {
  const { name, labels, ownerReferences } = metadata ?? {};
  const kept = ours ? { labels, ownerReferences } : {};
  const code = Object.fromEntries(Object.keys(data ?? {}).map((key) => [key, 'text:export default () => "stolen"']));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, ...(name && { name }), ...kept },
    data: code,
  } as ConfigMap;
}

test('the digest of a bundle stands in the pod template', async () => {
  const { revision, bundle } = await made('digest');
  const { sha256, parts: [{ uid } = {}] = [] } = (bundleOf(await stage.deployment(revision)) ??
    {}) as Partial<BundleRef>;
  assert.match(sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(uid, bundle.metadata?.uid);
});

test('a bundle that is deleted is put back before a pod misses it', async () => {
  const { bundle } = await made('deleted');
  await remove(bundle);
  await putBack(bundle);
});

for (const ours of [true, false]) {
  test(`a bundle that is replaced by one with other code, ${ours ? 'owned as it was' : 'without an owner'}, is put back`, async () => {
    const { bundle } = await made(ours ? 'replaced' : 'replaced-bare');
    await remove(bundle);
    // The operator may have put it back by now.
    await eventually('it is replaced', async () => {
      await remove(bundle).catch(() => undefined);
      await kube.create(CONFIG_MAPS, forged(bundle, ours), { signal });
      return true;
    });
    await putBack(bundle);
  });
}

test('what happened to a bundle while no operator ran is mended when one does', async () => {
  const { bundle } = await made('meanwhile');
  const { bundle: gone } = await made('meanwhile-gone');
  await stage.stopOperator();
  await remove(bundle);
  await remove(gone);
  await kube.create(CONFIG_MAPS, forged(bundle, true), { signal });
  await stage.startOperator();
  await putBack(bundle);
  await putBack(gone);
});

test('where the compiler is another one, pods that run take the new bundle when theirs is lost, and only then', async () => {
  const { revision, bundle } = await made('older');
  await stage.wake(revision);
  const pod = await stage.pod('older', revision, READY);
  await stage.stopOperator();
  // As an older operator would have left it: no digest, another compiler, another bundle.
  const former = 'older-bundle-0123456789abcdef';
  const was = await stage.deployment(revision);
  const text = JSON.stringify(was.spec?.template).replaceAll(String(bundle.metadata?.name), former);
  const annotations = { 'catnap.dev/source-hash': 'former', 'catnap.dev/template-hash': 'former' };
  const body = {
    metadata: { annotations: { ...annotations, [BUNDLE_UID_ANNOTATION]: null } },
    spec: { template: JSON.parse(text) },
  };
  await kube.patch(DEPLOYMENTS, { namespace, name: revision }, { type: 'merge', body }, { signal });
  const lost = { ...bundle, metadata: { namespace, name: former, labels: bundle.metadata?.labels } } as ConfigMap;
  await kube.create(CONFIG_MAPS, lost, { signal });
  await stage.startOperator();
  await eventually('the pods get the bundle that is there', async () => {
    return bundleOf(await stage.deployment(revision))?.parts[0]?.name === bundle.metadata?.name;
  });
  await stage.removePod(pod);
});

test('a ConfigMap of a new bundle’s name that is another’s is left alone', async () => {
  const { bundle } = await made('taken', 'one');
  const { apiVersion, kind } = forged(bundle, false);
  const [, hash] = /-bundle-(.*)$/.exec(bundle.metadata?.name ?? '') ?? [];
  const stranger = { apiVersion, kind, metadata: { namespace, name: `taken-too-bundle-${hash}` }, data: { 0: 'mine' } };
  await kube.create(CONFIG_MAPS, stranger as ConfigMap, { signal });
  await stage.apply('taken-too', { source: { inline: `export default () => 'one';` } });
  const fn = await stage.function('taken-too', 'the clash is told', (seen) =>
    (seen.status?.conditions ?? []).some(({ reason }) => reason === 'NameTaken'),
  );
  assert.match(JSON.stringify(fn.status), /taken-too-bundle-/);
  const kept = await kube.get(CONFIG_MAPS, { namespace, name: stranger.metadata.name }, { signal });
  assert.deepEqual(kept.data, { 0: 'mine' });
  assert.equal(kept.metadata?.labels?.[LABEL.function], undefined);
});
