import type { KubeEvent, Pod } from '#platform/kube/resources.ts';
import { podStartFailure } from '../function/revision-failure.ts';

interface Failing {
  reason: string;
  sinceMs: number;
}

/**
 * Since when each pod has been failing for the reason that it fails for now: some of what kubelet says passes, and is
 * believed only when it lasts. After a restart of the operator all of it begins anew.
 */
export class FailingPods {
  /** By the function's key, then by the pod's uid. */
  readonly #known = new Map<string, Map<string, Failing>>();

  /** For how many milliseconds each of the function's pods has been failing, by uid; pods that are not there are forgotten. */
  observe(
    key: string,
    pods: readonly Pod[],
    seen: { mountEvents: readonly KubeEvent[]; nowMs: number },
  ): Map<string, number> {
    const before = this.#known.get(key);
    const failing = new Map<string, Failing>();
    for (const pod of pods) {
      const reason = podStartFailure(pod, seen.mountEvents, false)?.reason;
      const uid = pod.metadata?.uid;
      if (reason === undefined || uid === undefined) continue;
      const then = before?.get(uid);
      failing.set(uid, then?.reason === reason ? then : { reason, sinceMs: seen.nowMs });
    }
    if (failing.size === 0) this.#known.delete(key);
    else this.#known.set(key, failing);
    return new Map([...failing].map(([uid, { sinceMs }]) => [uid, seen.nowMs - sinceMs]));
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
