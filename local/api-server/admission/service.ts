/** Addresses and node ports of Services: each is given to one Service at a time. */

import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import type { Fields } from '../resources/fields.ts';
import { ensureFields, fieldsOf, listOf, setIfAbsent, textOf } from '../resources/fields.ts';
import { invalidField } from '../resources/validation.ts';
import { internalError, invalid } from '../status.ts';

/** 10.96.0.0/16. The first address is the API server's own. */
const NETWORK = '10.96';
const FIRST_ADDRESS = 10;
const LAST_ADDRESS = 65_534;
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

/** Throws a 422 for an address that another Service has. */
export function completeService(call: Call, service: KubeObject): void {
  const spec = ensureFields(service, 'spec');
  const others = call.cluster.store
    .list('services', '')
    .filter(({ object }) => object.metadata.uid !== service.metadata.uid)
    .map(({ object }) => fieldsOf(object, 'spec'));
  if (textOf(spec, 'type') === 'ExternalName') withoutAddress(spec);
  else setAddress(call, service, others);
  setNodePorts(spec, others);
}

function withoutAddress(spec: Fields): void {
  if (textOf(spec, 'clusterIP') !== '') return; // the validation says so
  for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[name];
}

function setAddress(call: Call, service: KubeObject, others: readonly Fields[]): void {
  const spec = ensureFields(service, 'spec');
  const used = new Set(others.map((other) => textOf(other, 'clusterIP')));
  const asked = textOf(spec, 'clusterIP');
  if (asked !== '' && asked !== 'None' && used.has(asked)) {
    const detail = 'failed to allocate IP: provided IP is already allocated';
    const error = invalidField('spec.clusterIPs', [asked], `${detail}`);
    throw invalid({ ...targetOf(call), name: service.metadata.name ?? '' }, [error]);
  }
  const address = asked === '' ? freeAddress(used) : asked;
  spec.clusterIP = address;
  spec.clusterIPs = [address];
  setIfAbsent(spec, 'ipFamilies', ['IPv4']);
  setIfAbsent(spec, 'ipFamilyPolicy', 'SingleStack');
}

function freeAddress(used: ReadonlySet<string>): string {
  for (let number = FIRST_ADDRESS; number <= LAST_ADDRESS; number += 1) {
    const address = `${NETWORK}.${number >> 8}.${number & 255}`;
    if (!used.has(address)) return address;
  }
  throw internalError('failed to allocate a serviceIP: range is full');
}

function setNodePorts(spec: Fields, others: readonly Fields[]): void {
  const type = textOf(spec, 'type');
  const has = type === 'NodePort' || (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  if (!has) return;
  const taken = [...others, spec].flatMap((other) => listOf(other, 'ports').map((port) => port.nodePort));
  const used = new Set(taken.filter((port) => typeof port === 'number'));
  for (const port of listOf(spec, 'ports')) {
    if (port.nodePort !== undefined && port.nodePort !== 0) continue;
    const free = freeNodePort(used);
    used.add(free);
    port.nodePort = free;
  }
}

function freeNodePort(used: ReadonlySet<number>): number {
  for (let port = FIRST_NODE_PORT; port <= LAST_NODE_PORT; port += 1) if (!used.has(port)) return port;
  throw internalError('failed to allocate a nodePort: range is full');
}
