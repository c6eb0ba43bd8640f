/** Addresses and node ports of Services: each is given to one Service at a time. */
import { randomInt } from 'node:crypto';
import { usedAddresses, usedPorts } from '../../machine/sockets.ts';
import type { FieldError } from '../../objects/field-error.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import type { Fields } from '../resources/fields.ts';
import {
  ensureFields,
  fieldsOf,
  listOf,
  numberOf,
  semanticallyEqual,
  setDefault,
  setIfAbsent,
  textOf,
} from '../resources/fields.ts';
import { invalidField } from '../resources/validation.ts';
import { internalError, invalid } from '../status.ts';
import {
  ADDRESS_COUNT,
  FIRST_NODE_PORT,
  freeAddress,
  freeNodePort,
  LAST_NODE_PORT,
  NODE_PORT_COUNT,
} from './service-ranges.ts';

/** Throws a 422 for an address or a port that another Service has. `old`: as it is, when it is there already. */
export function completeService(call: Call, service: KubeObject, old?: KubeObject): void {
  const spec = ensureFields(service, 'spec');
  if (old !== undefined) carryOver(spec, fieldsOf(old, 'spec'));
  const others = call.cluster.store
    .list('services', '')
    .filter(({ object }) => object.metadata.uid !== service.metadata.uid)
    .map(({ object }) => fieldsOf(object, 'spec'));
  const errors = hasAddress(spec) ? setAddress(spec, others) : withoutAddress(spec);
  if (hasNodePorts(spec)) errors.push(...setNodePorts(spec, others));
  if (errors.length > 0) throw invalid({ ...targetOf(call), name: service.metadata.name ?? '' }, errors);
}

const hasAddress = (spec: Fields): boolean => textOf(spec, 'type') !== 'ExternalName';

function hasNodePorts(spec: Fields): boolean {
  const type = textOf(spec, 'type');
  return type === 'NodePort' || (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

/** A client that does not say what it was given keeps it, as long as it is needed. */
function carryOver(spec: Fields, before: Fields): void {
  if (hasAddress(spec) && hasAddress(before)) {
    for (const name of ['clusterIP', 'clusterIPs']) setDefault(spec, name, before[name]);
  }
  if (!hasNodePorts(before)) return;
  if (hasNodePorts(spec)) keepNodePorts(spec, before);
  else dropNodePorts(spec, before);
}

/** By the ports' names, for those that do not ask for another. */
function keepNodePorts(spec: Fields, before: Fields): void {
  const given = nodePortsOf(spec);
  for (const port of listOf(spec, 'ports')) {
    const same = listOf(before, 'ports').find((candidate) => textOf(candidate, 'name') === textOf(port, 'name'));
    const number = numberOf(same, 'nodePort');
    if (number !== 0 && !given.includes(number)) setDefault(port, 'nodePort', number);
  }
}

/** What came with the type goes with it, unless the client says otherwise: then it has to hear that it cannot be. */
function dropNodePorts(spec: Fields, before: Fields): void {
  if (semanticallyEqual(nodePortsOf(spec), nodePortsOf(before))) {
    for (const port of listOf(spec, 'ports')) delete port.nodePort;
  }
  if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
}

function nodePortsOf(spec: Fields): number[] {
  return listOf(spec, 'ports').flatMap((port) => numberOf(port, 'nodePort') || []);
}

function withoutAddress(spec: Fields): FieldError[] {
  if (textOf(spec, 'clusterIP') !== '') return []; // the validation says so
  for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[name];
  return [];
}

function setAddress(spec: Fields, others: readonly Fields[]): FieldError[] {
  const used = new Set(others.map((other) => textOf(other, 'clusterIP')));
  const asked = textOf(spec, 'clusterIP');
  if (asked !== '' && asked !== 'None' && used.has(asked)) {
    return [invalidField('spec.clusterIPs', [asked], 'failed to allocate IP: provided IP is already allocated')];
  }
  const address = asked === '' ? freeAddress(used.union(usedAddresses()), randomInt(ADDRESS_COUNT)) : asked;
  if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full');
  spec.clusterIP = address;
  spec.clusterIPs = [address];
  setIfAbsent(spec, 'ipFamilies', ['IPv4']);
  setIfAbsent(spec, 'ipFamilyPolicy', 'SingleStack');
  return [];
}

function setNodePorts(spec: Fields, others: readonly Fields[]): FieldError[] {
  const taken = new Set(others.flatMap(nodePortsOf));
  const own = new Set(nodePortsOf(spec));
  const ports = listOf(spec, 'ports');
  return ports.flatMap((port, index) => {
    const number = numberOf(port, 'nodePort');
    if (number !== 0) {
      const before = ports.slice(0, index).filter((other) => numberOf(other, 'nodePort') === number);
      // The protocols of one port may share it.
      const foreign = before.some((other) => numberOf(other, 'port') !== numberOf(port, 'port'));
      return refusedNodePort(number, foreign ? taken.union(own) : taken, `spec.ports[${index}].nodePort`);
    }
    const free = freeNodePort(taken.union(own).union(usedPorts()), randomInt(NODE_PORT_COUNT));
    if (free === undefined) throw internalError('failed to allocate a nodePort: range is full');
    own.add(free);
    port.nodePort = free;
    return [];
  });
}

function refusedNodePort(number: number, taken: ReadonlySet<number>, field: string): FieldError[] {
  if (number < FIRST_NODE_PORT || number > LAST_NODE_PORT) {
    const range = `${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;
    return [
      invalidField(field, number, `provided port is not in the valid range. The range of valid ports is ${range}`),
    ];
  }
  return taken.has(number) ? [invalidField(field, number, 'provided port is already allocated')] : [];
}
