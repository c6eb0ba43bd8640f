import { LABEL, MANAGED_BY, PORT } from '#api/names.ts';
import type { LabelSelector, NetworkPolicy, NetworkPolicyPeer } from '#platform/kube/resources.ts';
import { canonicalJson } from '../function/content-hash.ts';

/** What a view of the policies is to select. */
export const OUR_POLICIES = `${LABEL.managedBy}=${MANAGED_BY}`;

/** Who may reach functions' pods, and whether those may reach anything else. */
export interface NetworkRules {
  activators: LabelSelector;
  /** Empty: no peer. */
  metricsFrom: readonly NetworkPolicyPeer[];
  egress: 'open' | 'closed';
}

export const POLICY_NAME = 'catnap-functions';
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
/** Names of the activators' ports that take requests. */
const GATEWAY_PORTS = ['http', 'https'];

/** The one policy of a namespace, for all of its functions' pods. */
export function functionsPolicy(namespace: string, rules: NetworkRules, systemNamespace: string): NetworkPolicy {
  const activators: NetworkPolicyPeer = {
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: systemNamespace } },
    podSelector: rules.activators,
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name: POLICY_NAME, labels: { [LABEL.managedBy]: MANAGED_BY } },
    spec: {
      podSelector: { matchExpressions: [{ key: LABEL.function, operator: 'Exists' }] },
      policyTypes: rules.egress === 'open' ? ['Ingress'] : ['Ingress', 'Egress'],
      // A rule without a peer would let everybody in.
      ingress: [
        { from: [activators], ports: [{ protocol: 'TCP', port: PORT.http.number }] },
        ...(rules.metricsFrom.length === 0
          ? []
          : [{ from: [...rules.metricsFrom], ports: [{ protocol: 'TCP' as const, port: PORT.metrics.number }] }]),
      ],
      ...(rules.egress === 'closed' && { egress: closedEgress(activators) }),
    },
  };
}

/** Names are asked for anywhere, as a node may have its own resolver; functions reach each other through the gateway. */
function closedEgress(activators: NetworkPolicyPeer): NonNullable<NonNullable<NetworkPolicy['spec']>['egress']> {
  return [
    {
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
    { to: [activators], ports: GATEWAY_PORTS.map((port) => ({ protocol: 'TCP', port })) },
  ];
}

/** Whether an operator of ours made it. */
export function isOurs({ metadata }: NetworkPolicy): boolean {
  return metadata?.labels?.[LABEL.managedBy] === MANAGED_BY;
}

export function sameRules(a: NetworkPolicy, b: NetworkPolicy): boolean {
  return canonicalJson(a.spec) === canonicalJson(b.spec);
}
