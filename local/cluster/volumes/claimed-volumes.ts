/** What pods have of claims: whether they can be placed, and which folder is mounted. */
import type { Informer } from '#platform/informer/informer.ts';
import type { Pod } from '#platform/kube/resources.ts';
import { type Claim, claimNames, isBound, type StorageClass, type Volume } from './kinds.ts';

interface ClaimedVolumesOptions {
  claims: Pick<Informer<Claim>, 'get' | 'onChange'>;
  volumes: Pick<Informer<Volume>, 'get'>;
  classes: Pick<Informer<StorageClass>, 'get'>;
}

export type ClaimProblem =
  /** Said of the pod as such, whatever the node. */
  | { kind: 'pod'; why: string }
  /** Said of the one node there is. */
  | { kind: 'node'; why: string }
  /** Its volume is being made: nothing is said. */
  | { kind: 'wait' };

export class ClaimedVolumes {
  readonly #options: ClaimedVolumesOptions;

  constructor(options: ClaimedVolumesOptions) {
    this.#options = options;
  }

  /** Called after each change of a claim. */
  onChange(handler: () => void): void {
    this.#options.claims.onChange(handler);
  }

  /**
   * Why the pod cannot be placed yet, as the scheduler says it.
   * @param placed the pods that are on the node and not over
   */
  problem(pod: Pod, placed: () => Iterable<Pod>): ClaimProblem | undefined {
    const found = claimNames(pod).map(
      (name) => [name, this.#options.claims.get(pod.metadata?.namespace, name)] as const,
    );
    for (const [name, claim] of found) {
      if (claim === undefined) return { kind: 'pod', why: `persistentvolumeclaim "${name}" not found` };
      if (claim.metadata?.deletionTimestamp !== undefined) {
        return { kind: 'pod', why: `persistentvolumeclaim "${name}" is being deleted` };
      }
      if (claim.status?.phase === 'Lost') {
        const volume = claim.spec?.volumeName;
        return {
          kind: 'pod',
          why: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${volume}"`,
        };
      }
    }
    const unbound = found.flatMap(([, claim]) => (claim === undefined || isBound(claim) ? [] : [claim]));
    if (unbound.some((claim) => !this.#waitsForPod(claim))) {
      return { kind: 'pod', why: 'pod has unbound immediate PersistentVolumeClaims' };
    }
    if (unbound.length > 0) return { kind: 'wait' };
    const alone = found.filter(([, claim]) => claim?.spec?.accessModes?.includes('ReadWriteOncePod'));
    return alone.length > 0 && isTaken(pod, new Set(alone.map(([name]) => name)), placed()) ? IN_USE : undefined;
  }

  /** The folder of a bound claim. Throws an error in kubelet's words when there is none. */
  folder(namespace: string, name: string): string {
    const claim = this.#options.claims.get(namespace, name);
    const of = `error processing PVC ${namespace}/${name}`;
    if (claim === undefined)
      throw new Error(`${of}: failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`);
    if (!isBound(claim)) throw new Error(`${of}: PVC is not bound`);
    const volume = this.#options.volumes.get(undefined, claim.spec?.volumeName ?? '');
    const { local, hostPath } = volume?.spec ?? {};
    const path = local?.path ?? hostPath?.path;
    if (volume === undefined) throw new Error(`${of}: failed to fetch PV "${claim.spec?.volumeName}" from API server`);
    if (path === undefined) throw new Error('the local cluster has no persistent volumes of this kind');
    return path;
  }

  #waitsForPod(claim: Claim): boolean {
    const found = this.#options.classes.get(undefined, claim.spec?.storageClassName ?? '');
    return found?.volumeBindingMode === 'WaitForFirstConsumer';
  }
}

const IN_USE: ClaimProblem = {
  kind: 'node',
  why: 'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
};

function isTaken(pod: Pod, claims: ReadonlySet<string>, placed: Iterable<Pod>): boolean {
  for (const other of placed) {
    if (other.metadata?.uid === pod.metadata?.uid || other.metadata?.namespace !== pod.metadata?.namespace) continue;
    if (claimNames(other).some((name) => claims.has(name))) return true;
  }
  return false;
}
