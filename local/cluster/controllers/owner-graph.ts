/** Who owns whom, and what follows from an owner's end. Pure. */
import type { KubeObject, OwnerReference, Resource } from '#platform/kube/resources.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export interface GraphNode {
  resource: Resource;
  object: KubeObject;
}

const uidOf = (object: KubeObject): string => object.metadata?.uid ?? '';

/** All objects by uid, and by the uids of their owners. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  put(node: GraphNode): void {
    const uid = uidOf(node.object);
    this.#unlink(uid);
    this.#nodes.set(uid, node);
    for (const owner of node.object.metadata?.ownerReferences ?? []) {
      const siblings = this.#dependents.get(owner.uid) ?? new Set();
      this.#dependents.set(owner.uid, siblings.add(uid));
    }
  }

  remove(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  dependents(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? []);
  }

  /** Objects that name an owner of this kind, whether it exists or not. */
  ownedBy(kind: string): GraphNode[] {
    const owned = ({ object }: GraphNode) => object.metadata?.ownerReferences?.some((owner) => owner.kind === kind);
    return [...this.#nodes.values()].filter(owned);
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.object.metadata?.ownerReferences ?? []) {
      const siblings = this.#dependents.get(owner.uid);
      siblings?.delete(uid);
      if (siblings?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}

/** How one of an object's owners stands. */
export type OwnerState = 'present' | 'absent' | 'waiting';

type Verdict =
  | { action: 'keep' }
  /** Some owners are gone, others are not: these references have nothing behind them. */
  | { action: 'unlink'; uids: string[] }
  | { action: 'delete'; propagation: 'Background' | 'Foreground' };

/**
 * `states` by owner uid. An owner that waits for its dependents to go first counts as gone, and an object that has
 * dependents itself then lets those go first too.
 */
export function verdict(
  owners: readonly OwnerReference[],
  states: ReadonlyMap<string, OwnerState>,
  hasDependents: boolean,
): Verdict {
  const of = (state: OwnerState): OwnerReference[] => owners.filter((owner) => states.get(owner.uid) === state);
  if (owners.length === 0) return { action: 'keep' };
  const waiting = of('waiting');
  const gone = [...of('absent'), ...waiting];
  if (of('present').length > 0) {
    return gone.length === 0 ? { action: 'keep' } : { action: 'unlink', uids: gone.map((owner) => owner.uid) };
  }
  return { action: 'delete', propagation: waiting.length > 0 && hasDependents ? 'Foreground' : 'Background' };
}

export function isDeletingDependents({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND);
}

export function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(ORPHAN);
}

/** An owner of a namespaced object is in the same namespace, or cluster-scoped. */
export function ownerNamespace(dependent: KubeObject, owner: Resource): string | undefined {
  return owner.namespaced ? dependent.metadata?.namespace : undefined;
}
