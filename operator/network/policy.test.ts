import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsPolicy, isOurs, type NetworkRules, sameRules } from './policy.ts';

const activators = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'catnap-system' } },
  podSelector: { matchLabels: { 'app.kubernetes.io/component': 'activator' } },
};

function rules(parts: Partial<NetworkRules> = {}): NetworkRules {
  return { activators: activators.podSelector, metricsFrom: [], egress: 'open', ...parts };
}
const policy = (parts: Partial<NetworkRules> = {}) => functionsPolicy('shop', rules(parts), 'catnap-system');

test('only activators reach the traffic port, nobody the metrics, and what goes out is not limited', () => {
  assert.deepEqual(policy(), {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      namespace: 'shop',
      name: 'catnap-functions',
      labels: { 'app.kubernetes.io/managed-by': 'catnap' },
    },
    spec: {
      podSelector: { matchExpressions: [{ key: 'catnap.dev/function', operator: 'Exists' }] },
      policyTypes: ['Ingress'],
      ingress: [{ from: [activators], ports: [{ protocol: 'TCP', port: 8080 }] }],
    },
  });
});

test('those who are named may read the metrics', () => {
  const prometheus = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
  assert.deepEqual(policy({ metricsFrom: [prometheus] }).spec?.ingress?.[1], {
    from: [prometheus],
    ports: [{ protocol: 'TCP', port: 9090 }],
  });
});

test('closed, functions reach names and the gateway', () => {
  const { spec } = policy({ egress: 'closed' });
  assert.deepEqual(spec?.policyTypes, ['Ingress', 'Egress']);
  assert.deepEqual(spec?.egress, [
    {
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
    {
      to: [activators],
      ports: [
        { protocol: 'TCP', port: 'http' },
        { protocol: 'TCP', port: 'https' },
      ],
    },
  ]);
});

test('the order of fields makes no other policy, another rule does', () => {
  const stored = JSON.parse(JSON.stringify(policy(), ['spec', 'podSelector', 'metadata', 'matchExpressions']));
  assert.equal(sameRules(policy(), structuredClone(policy())), true);
  assert.equal(sameRules(policy(), stored), false);
  assert.equal(sameRules(policy(), policy({ egress: 'closed' })), false);
});

test('ours is told by its label', () => {
  assert.equal(isOurs(policy()), true);
  assert.equal(isOurs({ metadata: { namespace: 'shop', name: 'catnap-functions' } }), false);
});
