/** What a real server refuses in a NetworkPolicy. */
import { BlockList, isIP } from 'node:net';
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../fields.ts';
import { forbiddenField, invalidField, requiredField, unsupportedField } from '../validation.ts';
import { portNameProblems } from './pod-field-checks.ts';

const PORT_RANGE = 'must be between 1 and 65535, inclusive';

export function validateNetworkPolicy(policy: KubeObject): FieldError[] {
  const spec = fieldsOf(policy, 'spec');
  return [
    ...listOf(spec, 'ingress').flatMap((rule, index) => validateRule(rule, 'from', `spec.ingress[${index}]`)),
    ...listOf(spec, 'egress').flatMap((rule, index) => validateRule(rule, 'to', `spec.egress[${index}]`)),
    ...validateTypes(spec.policyTypes),
  ];
}

function validateTypes(types: unknown): FieldError[] {
  const given = Array.isArray(types) ? types.map(String) : [];
  const field = 'spec.policyTypes';
  if (given.length > 2) return [invalidField(field, given, 'may not specify more than two policyTypes')];
  const allowed = ['Ingress', 'Egress'];
  return given.flatMap((type, index) =>
    allowed.includes(type) ? [] : [unsupportedField(`${field}[${index}]`, type, allowed)],
  );
}

function validateRule(rule: Fields, peers: 'from' | 'to', path: string): FieldError[] {
  return [
    ...listOf(rule, 'ports').flatMap((port, index) => validatePort(port, `${path}.ports[${index}]`)),
    ...listOf(rule, peers).flatMap((peer, index) => validatePeer(peer, `${path}.${peers}[${index}]`)),
  ];
}

function validatePort({ port, endPort, protocol }: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const protocols = ['SCTP', 'TCP', 'UDP'];
  if (typeof protocol === 'string' && !protocols.includes(protocol))
    errors.push(unsupportedField(`${path}.protocol`, protocol, protocols));
  if (typeof port === 'number' && !isPort(port)) errors.push(invalidField(`${path}.port`, port, PORT_RANGE));
  if (typeof port === 'string')
    errors.push(...portNameProblems(port).map((problem) => invalidField(`${path}.port`, port, problem)));
  if (typeof endPort !== 'number') return errors;
  const field = `${path}.endPort`;
  if (port === undefined)
    errors.push(invalidField(field, endPort, 'may not be specified when `port` is not specified'));
  else if (typeof port === 'string')
    errors.push(invalidField(field, endPort, 'may not be specified when `port` is non-numeric'));
  else if (!isPort(endPort)) errors.push(invalidField(field, endPort, PORT_RANGE));
  else if (endPort < Number(port)) errors.push(invalidField(field, endPort, 'must be greater than or equal to `port`'));
  return errors;
}

const isPort = (number: number): boolean => number >= 1 && number <= 65_535;

function validatePeer(peer: Fields, path: string): FieldError[] {
  const selects = isFields(peer.podSelector) || isFields(peer.namespaceSelector);
  if (!isFields(peer.ipBlock)) return selects ? [] : [requiredField(path, 'must specify a peer')];
  const errors = validateBlock(peer.ipBlock, `${path}.ipBlock`);
  return selects ? [...errors, forbiddenField(path, 'may not specify both ipBlock and another peer')] : errors;
}

function validateBlock(block: Fields, path: string): FieldError[] {
  const cidr = textOf(block, 'cidr');
  if (cidr === '') return [requiredField(`${path}.cidr`)];
  const outer = networkOf(cidr);
  if (outer === undefined) return [invalidField(`${path}.cidr`, cidr, NO_CIDR)];
  const except = Array.isArray(block.except) ? block.except.map(String) : [];
  return except.flatMap((text, index) => {
    const field = `${path}.except[${index}]`;
    const inner = networkOf(text);
    if (inner === undefined) return [invalidField(field, text, NO_CIDR)];
    return isWithin(inner, outer) ? [] : [invalidField(field, text, 'must be a strict subset of `cidr`')];
  });
}

const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

interface Network {
  address: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
}

/** `undefined`: the text is no CIDR. */
function networkOf(text: string): Network | undefined {
  const [, address = '', length = ''] = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const version = isIP(address);
  const bits = Number(length);
  if (length === '' || version === 0 || bits > (version === 4 ? 32 : 128)) return undefined;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

function isWithin(inner: Network, outer: Network): boolean {
  if (inner.family !== outer.family || inner.bits <= outer.bits) return false;
  const block = new BlockList();
  block.addSubnet(outer.address, outer.bits, outer.family);
  return block.check(inner.address, inner.family);
}
