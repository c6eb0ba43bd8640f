import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '#platform/process/config.ts';
import { OperatorEnv } from './config.ts';

const activators = { matchLabels: { 'app.kubernetes.io/component': 'activator' } };
const peer = (from: object) => () =>
  readConfig(OperatorEnv, { CATNAP_NETWORK_POLICY: JSON.stringify({ activators, metricsFrom: [from] }) });

test('a peer that no NetworkPolicy takes is refused at the start, not when the policy is written', () => {
  const monitoring = { matchLabels: { team: 'monitoring' } };
  assert.doesNotThrow(peer({ namespaceSelector: monitoring, podSelector: {} }));
  assert.doesNotThrow(peer({ podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } }));
  assert.doesNotThrow(peer({ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.1/32'] } }));
  assert.doesNotThrow(peer({ ipBlock: { cidr: '2001:db8::/64' } }));
  assert.throws(peer({}), /CATNAP_NETWORK_POLICY.*podSelector, namespaceSelector or ipBlock/);
  for (const wrong of [
    { namespaceSelecter: monitoring },
    { ipBlock: { cidr: '192.0.2' } },
    { ipBlock: { cidr: '192.0.2.0/24' }, podSelector: {} },
    { podSelector: { matchLabels: { a: 1 } } },
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'in', values: ['b'] }] } },
    { podSelector: null },
  ]) {
    assert.throws(peer(wrong), /CATNAP_NETWORK_POLICY/, JSON.stringify(wrong));
  }
});
