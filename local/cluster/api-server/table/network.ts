/** Services and what stands behind them. */
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';
import { labelsText } from './label-text.ts';

export const SERVICE: Printer = {
  columns: [
    NAME,
    column('Type', 'How the Service is reached.'),
    column('Cluster-IP', 'Its address inside the cluster.'),
    column('External-IP', 'Its addresses outside, or the name it stands for.'),
    column('Port(s)', 'Its ports.'),
    AGE,
    column('Selector', 'Labels of the pods behind it.', { wide: true }),
  ],
  cells(service, nowMs) {
    const spec = fieldsOf(service, 'spec');
    const [address = '<none>'] = strings(spec.clusterIPs);
    return [
      nameOf(service),
      textOf(spec, 'type'),
      address,
      externalOf(service, spec),
      listOf(spec, 'ports').map(portText).join(',') || '<none>',
      createdAge(service, nowMs),
      labelsText(spec.selector),
    ];
  },
};

function externalOf(service: Fields, spec: Fields): string {
  const given = strings(spec.externalIPs);
  switch (textOf(spec, 'type')) {
    case 'ExternalName':
      return textOf(spec, 'externalName');
    case 'LoadBalancer': {
      const ingress = listOf(fieldsOf(fieldsOf(service, 'status'), 'loadBalancer'), 'ingress');
      const balanced = ingress.map((point) => textOf(point, 'ip') || textOf(point, 'hostname'));
      return [...balanced, ...given].join(',') || '<pending>';
    }
    default:
      return given.join(',') || '<none>';
  }
}

function portText(port: Fields): string {
  const node = textOf(port, 'nodePort');
  return `${textOf(port, 'port')}${node === '' || node === '0' ? '' : `:${node}`}/${textOf(port, 'protocol')}`;
}

export const ENDPOINT_SLICE: Printer = {
  columns: [
    NAME,
    column('AddressType', 'What kind of addresses these are.'),
    column('Ports', 'Ports of each address.'),
    column('Endpoints', 'The addresses.'),
    AGE,
  ],
  cells: (slice, nowMs) => [
    nameOf(slice),
    textOf(slice, 'addressType'),
    shortList(
      listOf(slice, 'ports').map((port) => textOf(port, 'port') || textOf(port, 'name') || '*'),
      '<unset>',
    ),
    shortList(
      listOf(slice, 'endpoints').flatMap((endpoint) => strings(endpoint.addresses)),
      '<unset>',
    ),
    createdAge(slice, nowMs),
  ],
};

export const ENDPOINTS: Printer = {
  columns: [NAME, column('Endpoints', 'Addresses with ports.'), AGE],
  cells: (endpoints, nowMs) => [
    nameOf(endpoints),
    shortList(listOf(endpoints, 'subsets').flatMap(subsetTexts), '<none>'),
    createdAge(endpoints, nowMs),
  ],
};

function subsetTexts(subset: Fields): string[] {
  const addresses = listOf(subset, 'addresses').map((address) => textOf(address, 'ip'));
  const ports = listOf(subset, 'ports');
  if (ports.length === 0) return addresses;
  return ports.flatMap((port) => addresses.map((address) => `${address}:${textOf(port, 'port')}`));
}

const SHOWN = 3;

function shortList(items: readonly string[], empty: string): string {
  if (items.length === 0) return empty;
  const more = items.length > SHOWN ? ` + ${items.length - SHOWN} more...` : '';
  return `${items.slice(0, SHOWN).join(',')}${more}`;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
