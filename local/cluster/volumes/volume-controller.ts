/** Binds claims to volumes, makes folders of this machine volumes for them, and removes those whose claim is gone. */
import { WorkQueue } from '#platform/controller/work-queue.ts';
import type { Informer } from '#platform/informer/informer.ts';
import { isAlreadyExists, isConflict, isNotFound } from '#platform/kube/error.ts';
import type { Cluster, Recorder } from '../controllers/cluster.ts';
import { keyOf, splitKey } from '../controllers/kinds.ts';
import { claimStep, IN_USE, PROVISIONED_BY, PROVISIONER, volumeStep } from './claim-step.ts';
import { CLAIMS, type Claim, claimNames, STORAGE_CLASSES, type StorageClass, VOLUMES, type Volume } from './kinds.ts';
import type { VolumeFolders } from './volume-folders.ts';

interface VolumeControllerOptions {
  cluster: Cluster;
  claims: Informer<Claim>;
  volumes: Informer<Volume>;
  classes: Informer<StorageClass>;
  folders: VolumeFolders;
  node: string;
  events: Recorder;
}

const DEFAULT_CLASS: StorageClass = {
  metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/** Starts it; the watches must have synced. The default class is made where there is none of its name. */
export async function startVolumeController(
  options: VolumeControllerOptions,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const { cluster, claims, volumes, classes } = options;
  await cluster.kube.create(STORAGE_CLASSES, DEFAULT_CLASS, { signal }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const stack = new AsyncDisposableStack();
  const queue = (name: string, run: (key: string, signal: AbortSignal) => Promise<undefined>) =>
    stack.use(new WorkQueue({ name, run, log: cluster.log, backoffBaseMs: 20 }));
  const ofClaims = queue('claims', (key, signal) => reconcileClaim(key, options, signal));
  const ofVolumes = queue('volumes', (key, signal) => reconcileVolume(key, options, signal));
  const all = () => {
    for (const claim of claims.list()) if (claim.status?.phase !== 'Bound') ofClaims.add(keyOf(claim));
  };
  claims.onChange(({ object }) => {
    ofClaims.add(keyOf(object));
    for (const volume of volumes.list()) if (isOf(volume, object)) ofVolumes.add(keyOf(volume));
  });
  volumes.onChange(({ object }) => {
    ofVolumes.add(keyOf(object));
    const { namespace = '', name = '' } = object.spec?.claimRef ?? {};
    if (name === '') all();
    else ofClaims.add(`${namespace}/${name}`);
  });
  classes.onChange(all);
  cluster.pods.onChange(({ object }) => {
    for (const name of claimNames(object)) ofClaims.add(`${object.metadata?.namespace ?? ''}/${name}`);
  });
  return stack;
}

function isOf({ spec }: Volume, { metadata }: Claim): boolean {
  return spec?.claimRef?.namespace === metadata?.namespace && spec?.claimRef?.name === metadata?.name;
}

async function reconcileClaim(key: string, options: VolumeControllerOptions, signal: AbortSignal): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const { claims, volumes, classes, cluster, events } = options;
  const claim = claims.get(namespace, name);
  if (claim === undefined) return;
  const used = [...cluster.pods.each(namespace)].some(
    (pod) => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? '') && claimNames(pod).includes(name),
  );
  const step = claimStep(claim, { volumes: volumes.list(), classes: classes.list(), used });
  if (step.do === 'wait') events.record(claim, step.note);
  else if (step.do === 'lose') await lose(claim, options, signal);
  else if (step.do === 'let-go') await letGo(claim, options, signal);
  else if (step.do === 'bind') await bind(claim, step.volume, options, signal);
  else if (step.do === 'provision') await bind(claim, await provision(claim, options, signal), options, signal);
}

/** The watch of volumes may be behind that of claims: it is asked again. */
async function lose(claim: Claim, options: VolumeControllerOptions, signal: AbortSignal): Promise<void> {
  const name = claim.spec?.volumeName ?? '';
  const gone = await options.cluster.kube.get(VOLUMES, { name }, { signal }).then(
    () => false,
    (error: unknown) => {
      if (!isNotFound(error)) throw error;
      return true;
    },
  );
  if (gone) await setStatus(claim, { phase: 'Lost' }, options, signal);
}

async function letGo(claim: Claim, { cluster }: VolumeControllerOptions, signal: AbortSignal): Promise<void> {
  const finalizers = claim.metadata?.finalizers?.filter((name) => name !== IN_USE) ?? [];
  const body = { metadata: { finalizers, resourceVersion: claim.metadata?.resourceVersion } };
  await unlessGone(cluster.kube.patch(CLAIMS, refOf(claim), { type: 'merge', body }, { signal }));
}

/** The volume first: a claim is bound when its volume says so too. */
async function bind(
  claim: Claim,
  volume: Volume,
  options: VolumeControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { cluster } = options;
  const { namespace, name, uid } = claim.metadata ?? {};
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
  const ofVolume = { name: volume.metadata?.name ?? '' };
  // Another claim may have taken the volume since it was looked at.
  const { resourceVersion } = volume.metadata ?? {};
  const taken = { metadata: { resourceVersion }, spec: { claimRef } };
  await cluster.kube.patch(VOLUMES, ofVolume, { type: 'merge', body: taken }, { signal });
  const bound = { status: { phase: 'Bound' } };
  await cluster.kube.patch(VOLUMES, ofVolume, { type: 'merge', body: bound }, { subresource: 'status', signal });
  const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' };
  const named = { metadata: { annotations }, spec: { volumeName: ofVolume.name } };
  await unlessGone(cluster.kube.patch(CLAIMS, refOf(claim), { type: 'merge', body: named }, { signal }));
  const { accessModes, capacity } = volume.spec ?? {};
  await setStatus(claim, { phase: 'Bound', accessModes, capacity }, options, signal);
}

async function provision(
  claim: Claim,
  { cluster, folders, node, events, classes }: VolumeControllerOptions,
  signal: AbortSignal,
): Promise<Volume> {
  const { namespace, name, uid } = claim.metadata ?? {};
  const { accessModes, storageClassName = '', volumeMode, resources } = claim.spec ?? {};
  const volumeName = `pvc-${uid}`;
  const onNode = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  const volume: Volume = {
    metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      accessModes: accessModes ?? [],
      capacity: { storage: resources?.requests?.storage ?? '0' },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...{ namespace, name, uid } },
      local: { path: await folders.make(volumeName) },
      nodeAffinity: { required: { nodeSelectorTerms: [onNode] } },
      persistentVolumeReclaimPolicy: classes.get(undefined, storageClassName)?.reclaimPolicy ?? 'Delete',
      storageClassName,
      ...(volumeMode !== undefined && { volumeMode }),
    } as Volume['spec'] & object,
  };
  const made = await cluster.kube.create(VOLUMES, volume, { signal });
  const message = `Successfully provisioned volume ${volumeName}`;
  events.record(claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message });
  return made;
}

async function setStatus(
  claim: Claim,
  status: object,
  { cluster }: VolumeControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const options = { subresource: 'status', signal };
  await unlessGone(cluster.kube.patch(CLAIMS, refOf(claim), { type: 'merge', body: { status } }, options));
}

async function reconcileVolume(key: string, options: VolumeControllerOptions, signal: AbortSignal): Promise<undefined> {
  const { claims, volumes, cluster, folders } = options;
  const { name } = splitKey(key);
  const volume = volumes.get(undefined, name);
  if (volume === undefined) return;
  const { namespace, name: claim = '' } = volume.spec?.claimRef ?? {};
  const step = volumeStep(volume, claims.get(namespace, claim)?.metadata?.uid);
  if (step === 'nothing') return;
  if (step === 'remove') {
    await folders.remove(name);
    const preconditions = { uid: volume.metadata?.uid ?? '' };
    return void (await unlessGone(cluster.kube.delete(VOLUMES, { name }, { signal, preconditions })));
  }
  const body = { status: { phase: step === 'release' ? 'Released' : 'Available' } };
  await unlessGone(cluster.kube.patch(VOLUMES, { name }, { type: 'merge', body }, { subresource: 'status', signal }));
}

function refOf({ metadata }: Claim): { namespace: string; name: string } {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

/** What is gone, or is another one now, is looked at again by the watch's word. */
async function unlessGone(write: Promise<unknown>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
}
