import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { ClaimedVolumes } from './claimed-volumes.ts';
import type { Claim, StorageClass, Volume } from './kinds.ts';

const kept = <T extends { metadata?: { name?: string } }>(objects: readonly T[]) => ({
  get: (_namespace: string | undefined, name: string) => objects.find(({ metadata }) => metadata?.name === name),
  onChange: () => () => undefined,
});
const using = (uid: string, ...claims: string[]): Pod => ({
  metadata: { namespace: 'n', name: uid, uid },
  spec: {
    containers: [],
    volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
  },
});
const bound = (name: string, mode = 'ReadWriteOnce'): Claim => ({
  metadata: { namespace: 'n', name },
  spec: { accessModes: [mode], volumeName: `of-${name}` },
  status: { phase: 'Bound' },
});
const volumes: Volume[] = [{ metadata: { name: 'of-data' }, spec: { local: { path: '/state/of-data' } } }];
const classes: StorageClass[] = [
  { metadata: { name: 'late' }, provisioner: 'p', volumeBindingMode: 'WaitForFirstConsumer' },
  { metadata: { name: 'soon' }, provisioner: 'p', volumeBindingMode: 'Immediate' },
];
const claimed = (...claims: Claim[]) =>
  new ClaimedVolumes({ claims: kept(claims), volumes: kept(volumes), classes: kept(classes) });
const why = (of: ClaimedVolumes, pod: Pod, placed: Pod[] = []) => {
  const problem = of.problem(pod, () => placed);
  return problem === undefined || problem.kind === 'wait' ? problem?.kind : problem.why;
};

test('a pod is placed when its claims are bound, and says which is not', () => {
  assert.equal(why(claimed(), using('a')), undefined);
  assert.equal(why(claimed(bound('data')), using('a', 'data')), undefined);
  assert.equal(why(claimed(), using('a', 'data')), 'persistentvolumeclaim "data" not found');
  const deleted: Claim = { ...bound('data'), metadata: { namespace: 'n', name: 'data', deletionTimestamp: 'now' } };
  assert.equal(why(claimed(deleted), using('a', 'data')), 'persistentvolumeclaim "data" is being deleted');
});

test('a pod waits in silence for a volume that is made for it, and not for one that should be there', () => {
  const unbound = (storageClassName?: string): Claim => ({
    metadata: { namespace: 'n', name: 'data' },
    spec: { ...(storageClassName !== undefined && { storageClassName }) },
    status: { phase: 'Pending' },
  });
  assert.equal(why(claimed(unbound('late')), using('a', 'data')), 'wait');
  for (const name of ['soon', 'unknown', undefined]) {
    assert.equal(why(claimed(unbound(name)), using('a', 'data')), 'pod has unbound immediate PersistentVolumeClaims');
  }
});

test('a claim of ReadWriteOncePod is for one pod at a time', () => {
  const alone = claimed(bound('data', 'ReadWriteOncePod'));
  assert.equal(why(alone, using('a', 'data'), [using('a', 'data'), using('b', 'other')]), undefined);
  assert.match(
    why(alone, using('a', 'data'), [using('b', 'data')]) ?? '',
    /ReadWriteOncePod access mode already in-use/,
  );
  assert.equal(why(claimed(bound('data')), using('a', 'data'), [using('b', 'data')]), undefined);
  const elsewhere = { ...using('b', 'data'), metadata: { namespace: 'other', uid: 'b' } };
  assert.equal(why(alone, using('a', 'data'), [elsewhere]), undefined);
});

test('the folder of a bound claim is that of its volume', () => {
  assert.equal(claimed(bound('data')).folder('n', 'data'), '/state/of-data');
  assert.throws(() => claimed(bound('data')).folder('n', 'no'), /persistentvolumeclaims "no" not found/);
  assert.throws(() => claimed({ ...bound('data'), status: {} }).folder('n', 'data'), /PVC is not bound/);
  assert.throws(() => claimed(bound('lost')).folder('n', 'lost'), /failed to fetch PV "of-lost"/);
});
