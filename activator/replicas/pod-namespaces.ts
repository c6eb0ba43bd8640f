import { addressOf } from '../inbound/trusted-proxies.ts';
import type { PodObject } from './pod-facts.ts';

/** In which namespace a function's pod calls from, by the pod's address. Pods with the node's address say nothing of who calls. */
export class PodNamespaces {
  /** The latest pod of each address: addresses are used again, at times before the watch tells of the old pod's end. */
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
