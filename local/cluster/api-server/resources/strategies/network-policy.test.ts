import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldErrorText } from '../../../objects/field-error.ts';
import { validateNetworkPolicy } from './network-policy.ts';

const wrong = (spec: object) =>
  validateNetworkPolicy({ apiVersion: '', kind: '', metadata: {}, spec }).map(fieldErrorText);
const ports = (...list: object[]) => wrong({ ingress: [{ ports: list }] });
const peers = (...list: object[]) => wrong({ egress: [{ to: list }] });
const block = (cidr: string, ...except: string[]) => peers({ ipBlock: { cidr, except } });

test('a policy with all that it may have is fine', () => {
  const podSelector = { matchLabels: { app: 'a' } };
  const ingress = [{ from: [{ podSelector, namespaceSelector: {} }], ports: [{ port: 8080, protocol: 'TCP' }] }];
  const ipBlock = { cidr: '0.0.0.0/0', except: ['169.254.0.0/16', '10.0.0.0/8'] };
  const egress = [
    { to: [{ ipBlock }, { ipBlock: { cidr: '::/0' } }], ports: [{ port: 'dns' }, { port: 1, endPort: 9 }] },
  ];
  assert.deepEqual(wrong({ podSelector, policyTypes: ['Ingress', 'Egress'], ingress, egress }), []);
});

test('ports are in range, ranges the right way round, and of numbers', () => {
  const path = 'spec.ingress[0].ports[0]';
  assert.deepEqual(ports({ port: 0 }), [`${path}.port: Invalid value: 0: must be between 1 and 65535, inclusive`]);
  assert.deepEqual(ports({ port: 9, endPort: 1 }), [
    `${path}.endPort: Invalid value: 1: must be greater than or equal to \`port\``,
  ]);
  assert.match(ports({ endPort: 1 })[0] ?? '', /may not be specified when `port` is not specified/);
  assert.match(ports({ port: 'dns', endPort: 1 })[0] ?? '', /may not be specified when `port` is non-numeric/);
  assert.match(ports({ port: 'Dns' })[0] ?? '', /port: Invalid value: "Dns"/);
  assert.match(ports({ port: 1, protocol: 'ICMP' })[0] ?? '', /protocol: Unsupported value: "ICMP"/);
});

test('a peer is one thing', () => {
  assert.deepEqual(peers({}), ['spec.egress[0].to[0]: Required value: must specify a peer']);
  assert.deepEqual(peers({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }), [
    'spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer',
  ]);
});

test('blocks are networks, and exceptions lie within', () => {
  assert.deepEqual(block('10.0.0.0/8', '10.1.0.0/16'), []);
  assert.deepEqual(block('fd00::/8', 'fd00:1::/32'), []);
  for (const cidr of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', 'fe80::%1/64', 'x/8']) {
    assert.match(block(cidr)[0] ?? '', /ipBlock\.cidr: Invalid value: .*must be a valid CIDR value/, cidr);
  }
  for (const except of ['11.0.0.0/16', '10.0.0.0/8', '0.0.0.0/0', 'fd00::/8']) {
    assert.match(block('10.0.0.0/8', except)[0] ?? '', /except\[0\].*must be a strict subset of `cidr`/, except);
  }
});

test('there are two types of policies', () => {
  assert.match(wrong({ policyTypes: ['Foo'] })[0] ?? '', /policyTypes\[0\]: Unsupported value: "Foo"/);
  assert.match(wrong({ policyTypes: ['Ingress', 'Egress', 'Egress'] })[0] ?? '', /not specify more than two/);
});
