import { addressOf } from '../upstream/address.ts';
import type { PodObject } from './pod-facts.ts';

/** The namespace of a function's pod, by its address. Pods on the host's network share the node's address and are left out. */
export class PodNamespaces {
  /** The latest pod of each address: an address may be reused before the watch reports the old pod's end. */
  readonly #byAddress = new Map<string, { uid: string; namespace: string }>();

  changed({ metadata, spec, status }: PodObject, isGone: boolean): void {
    const { uid, namespace } = metadata ?? {};
    if (uid === undefined || namespace === undefined || spec?.hostNetwork === true) return;
    for (const ip of [status?.podIP, ...(status?.podIPs ?? []).map((one) => one.ip)]) {
      const address = addressOf(ip ?? '');
      if (address === undefined) continue;
      const isOver = isGone || status?.phase === 'Failed' || status?.phase === 'Succeeded';
      if (!isOver) this.#byAddress.set(address, { uid, namespace });
      else if (this.#byAddress.get(address)?.uid === uid) this.#byAddress.delete(address);
    }
  }

  /** @param address as `addressOf` gives it. Undefined: no function's pod has it. */
  namespaceOf(address: string): string | undefined {
    return this.#byAddress.get(address)?.namespace;
  }
}
