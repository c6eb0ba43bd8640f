import type { RouteFailure } from '../conditions.ts';
import { clusterSuffixes, type HostTemplate, isHost } from './host-template.ts';

/** Whom the cluster's administrator has given hosts to. */
interface HostOwner {
  /** A host, or `*.example.org` for all below it. The most specific entry counts. */
  host: string;
  namespaces: readonly string[];
}

export interface HostRules {
  template: HostTemplate;
  /** Of the cluster's DNS, usually `cluster.local`. */
  clusterDomain: string;
  /** Where the gateway itself is reached inside the cluster: `<service>.<namespace>`. */
  gateway: string;
  owners: readonly HostOwner[];
  /** Hosts that `owners` does not list are refused, below the domain excepted. */
  strict: boolean;
}

export interface Refusal {
  reason: RouteFailure;
  message: string;
}

const conflict = (message: string): Refusal => ({ reason: 'RouteConflict', message });
const invalid = (message: string): Refusal => ({ reason: 'InvalidRoute', message });

/** Which namespaces may have which hosts, as far as that does not depend on who came first. */
export class HostPolicy {
  readonly rules: HostRules;
  readonly #owners: ReadonlyMap<string, readonly string[]>;

  constructor(rules: HostRules) {
    this.rules = rules;
    this.#owners = new Map(rules.owners.map(({ host, namespaces }) => [host.toLowerCase(), namespaces]));
  }

  /** The namespaces that the administrator gave the host to; undefined: it is not listed. */
  ownersOf(host: string): readonly string[] | undefined {
    const exact = this.#owners.get(host);
    if (exact !== undefined) return exact;
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const owners = this.#owners.get(`*${host.slice(dot)}`);
      if (owners !== undefined) return owners;
    }
    return undefined;
  }

  /** Why no function of `namespace` may have a route at `host`, whoever else wants it; undefined: it may. */
  refusal(host: string, namespace: string): Refusal | undefined {
    if (!isHost(host)) return invalid(`${host} is no host name`);
    const { template, clusterDomain, strict } = this.rules;
    const home = this.homeOf(host);
    if (home !== undefined) {
      return home === namespace ? undefined : conflict(`${host} belongs to namespace ${home}`);
    }
    if (template.functionsAt(host).length > 0) {
      return conflict(`${host} may be the address of functions in several namespaces, so it is no route of any`);
    }
    const owners = this.ownersOf(host);
    if (owners !== undefined) {
      const given = `the cluster's administrator gave ${host} to ${owners.join(', ') || 'no namespace'}`;
      return owners.includes(namespace) ? undefined : conflict(given);
    }
    if (template.covers(host)) return conflict(`${host} is at or below the gateway's domain and of no namespace`);
    const special = specialName(host, clusterDomain, this.rules.gateway);
    if (special !== undefined)
      return invalid(`${host} ${special}; the cluster's administrator may list it in hosts.owners`);
    if (strict) return invalid(`${host} is not listed in hosts.owners, which hosts.strict asks for`);
    return undefined;
  }

  /** The namespace that a host belongs to by its form, whatever is listed. */
  homeOf(host: string): string | undefined {
    const { template, clusterDomain } = this.rules;
    if (template.covers(host)) return template.namespaceOf(host);
    for (const suffix of clusterSuffixes(clusterDomain)) {
      if (!host.endsWith(suffix)) continue;
      const inner = host.slice(0, -suffix.length);
      return inner.slice(inner.lastIndexOf('.') + 1);
    }
    return undefined;
  }
}

/** Names that mean something else to those who ask for them than one place for everybody. */
function specialName(host: string, clusterDomain: string, gateway: string): string | undefined {
  if (/(^|\.)([0-9]+|0x[0-9a-f]*)$/.test(host)) return 'is an address, by which the gateway itself is reached';
  if (!host.includes('.')) return 'has one label, which inside the cluster is a name in the namespace that asks';
  if (host === gateway) return 'is the gateway itself';
  if (host === clusterDomain || host.endsWith(`.${clusterDomain}`)) return "is a name of the cluster's own DNS";
  return undefined;
}
