/** What this process wrote about pods and its watch has not shown yet. */
import type { Change } from '#platform/informer/object-cache.ts';
import type { Pod } from '#platform/kube/resources.ts';

/** Longest a write may stay unseen; afterwards what the watch shows counts alone. */
const FORGET_AFTER_MS = 30_000;

/**
 * Keeps a ReplicaSet from being filled twice: its pods are the ones the watch shows, with those just created added and
 * those just deleted taken out.
 */
export class PodWrites {
  readonly #created = new Map<string, { pod: Pod; atMs: number }>();
  readonly #deleted = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  created(pod: Pod): void {
    this.#created.set(uidOf(pod), { pod, atMs: this.#nowMs() });
  }

  deleted(pod: Pod): void {
    this.#created.delete(uidOf(pod));
    this.#deleted.set(uidOf(pod), this.#nowMs());
  }

  /** The watch has caught up with this pod. */
  seen(change: Change<Pod>): void {
    this.#created.delete(uidOf(change.object));
    if (change.type === 'deleted') this.#deleted.delete(uidOf(change.object));
  }

  /** `watched` with the unseen writes applied. */
  apply(watched: readonly Pod[]): Pod[] {
    return this.withCreated(watched).filter((pod) => !this.isDeleted(pod));
  }

  /** `watched` and the pods that were created since. */
  withCreated(watched: readonly Pod[]): Pod[] {
    this.#forgetOld();
    const known = new Set(watched.map(uidOf));
    const unseen = [...this.#created.values()].map(({ pod }) => pod).filter((pod) => !known.has(uidOf(pod)));
    return [...watched, ...unseen];
  }

  isDeleted(pod: Pod): boolean {
    return this.#deleted.has(uidOf(pod));
  }

  #forgetOld(): void {
    const forget = this.#nowMs() - FORGET_AFTER_MS;
    for (const [uid, { atMs }] of this.#created) if (atMs < forget) this.#created.delete(uid);
    for (const [uid, atMs] of this.#deleted) if (atMs < forget) this.#deleted.delete(uid);
  }
}

const uidOf = (pod: Pod): string => pod.metadata?.uid ?? '';
