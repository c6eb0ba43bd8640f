/** What is to be done next about a claim, and about a volume. Pure. */
import type { EventNote } from '#platform/controller/event-recorder.ts';
import { quantityNano } from '../objects/schema/quantity.ts';
import type { Claim, StorageClass, Volume } from './kinds.ts';

/** What makes folders of this machine volumes. */
export const PROVISIONER = 'cluster.local/local-path';
/** On a volume: what made it, and so may remove it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** On a claim that is deleted: a pod uses it still. */
export const IN_USE = 'kubernetes.io/pvc-protection';
/** A folder of one machine is not shared by several. */
const MODES = ['ReadWriteOnce', 'ReadWriteOncePod'];

export type ClaimStep =
  | { do: 'nothing' }
  /** As long as nothing changes; the note says why, once. */
  | { do: 'wait'; note: EventNote }
  | { do: 'bind'; volume: Volume }
  | { do: 'provision' }
  /** Its volume is gone. */
  | { do: 'lose' }
  /** It is deleted and no pod uses it any more. */
  | { do: 'let-go' };

export interface ClaimSurroundings {
  volumes: readonly Volume[];
  classes: readonly StorageClass[];
  /** A pod that is not over names the claim. */
  used: boolean;
}

export function claimStep(claim: Claim, around: ClaimSurroundings): ClaimStep {
  if (claim.metadata?.deletionTimestamp !== undefined) {
    const held = claim.metadata.finalizers?.includes(IN_USE) === true;
    return { do: held && !around.used ? 'let-go' : 'nothing' };
  }
  const name = claim.spec?.volumeName ?? '';
  if (name !== '') return namedStep(claim, name, around.volumes);
  const reserved = around.volumes.find((volume) => isReservedFor(volume, claim));
  if (reserved !== undefined) return { do: 'bind', volume: reserved };
  return unboundStep(claim, around);
}

/** The claim says itself which volume it wants, or has. */
function namedStep(claim: Claim, name: string, volumes: readonly Volume[]): ClaimStep {
  const volume = volumes.find((each) => each.metadata?.name === name);
  if (claim.status?.phase === 'Bound') return { do: volume === undefined ? 'lose' : 'nothing' };
  const free = volume !== undefined && (volume.spec?.claimRef === undefined || isReservedFor(volume, claim));
  return free ? { do: 'bind', volume } : { do: 'nothing' };
}

function unboundStep(claim: Claim, { volumes, classes, used }: ClaimSurroundings): ClaimStep {
  const className = claim.spec?.storageClassName ?? '';
  const storageClass = classes.find(({ metadata }) => metadata?.name === className);
  if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !used) {
    return wait('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  }
  const volume = smallestFitting(claim, volumes);
  if (volume !== undefined) return { do: 'bind', volume };
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return wait('Normal', 'FailedBinding', message);
  }
  if (storageClass === undefined) {
    return wait('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  }
  if (storageClass.provisioner !== PROVISIONER) return wait('Normal', 'ExternalProvisioning', external(storageClass));
  const problem = unprovidable(claim);
  if (problem === undefined) return { do: 'provision' };
  const message = `failed to provision volume with StorageClass "${className}": ${problem}`;
  return wait('Warning', 'ProvisioningFailed', message);
}

function wait(type: EventNote['type'], reason: string, message: string): ClaimStep {
  return { do: 'wait', note: { type, reason, message } };
}

function external({ provisioner }: StorageClass): string {
  return `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
}

function unprovidable({ spec }: Claim): string | undefined {
  if (spec?.volumeMode === 'Block') return 'a folder is no block device';
  const shared = spec?.accessModes?.find((mode) => !MODES.includes(mode));
  return shared === undefined ? undefined : `the access mode ${shared} is not to be had, only ${MODES.join(' and ')}`;
}

/** By the volume's own word; one that was reserved for an earlier claim of the name is not for this one. */
function isReservedFor({ spec }: Volume, { metadata }: Claim): boolean {
  const ref = spec?.claimRef;
  if (ref?.namespace !== metadata?.namespace || ref?.name !== metadata?.name) return false;
  return ref?.uid === undefined || ref.uid === '' || ref.uid === metadata?.uid;
}

function smallestFitting(claim: Claim, volumes: readonly Volume[]): Volume | undefined {
  const { spec } = claim;
  const wanted = bytesOf(spec?.resources?.requests?.storage);
  const fitting = volumes.filter((volume) => {
    if (volume.spec?.claimRef !== undefined || volume.metadata?.deletionTimestamp !== undefined) return false;
    const modes = volume.spec?.accessModes ?? [];
    const suits = (spec?.accessModes ?? []).every((mode) => modes.includes(mode));
    const sameClass = (volume.spec?.storageClassName ?? '') === (spec?.storageClassName ?? '');
    const sameMode = volume.spec?.volumeMode === spec?.volumeMode;
    return suits && sameClass && sameMode && bytesOf(volume.spec?.capacity?.storage) >= wanted;
  });
  const size = (volume: Volume) => bytesOf(volume.spec?.capacity?.storage);
  return fitting.toSorted((a, b) => Number(size(a) - size(b)))[0];
}

/** In billionths of a byte: only compared. */
function bytesOf(quantity: string | undefined): bigint {
  return quantityNano(quantity ?? '0') ?? 0n;
}

export type VolumeStep = 'nothing' | 'make-available' | 'release' | 'remove';

/**
 * @param claimUid uid of the claim that the volume's claimRef names; undefined when there is none of that name
 */
export function volumeStep(volume: Volume, claimUid: string | undefined): VolumeStep {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec ?? {};
  const phase = volume.status?.phase;
  if (claimRef === undefined) return phase === 'Available' ? 'nothing' : 'make-available';
  const mine = volume.metadata?.annotations?.[PROVISIONED_BY] === PROVISIONER;
  if (claimRef.uid === undefined || claimRef.uid === '' || claimRef.uid === claimUid) return 'nothing';
  if (mine && persistentVolumeReclaimPolicy === 'Delete') return 'remove';
  return phase === 'Released' ? 'nothing' : 'release';
}
