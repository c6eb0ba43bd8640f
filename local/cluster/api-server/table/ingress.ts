import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields, listOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';

export const INGRESS: Printer = {
  columns: [
    NAME,
    column('Class', 'Who brings it about.'),
    column('Hosts', 'Names that it is for.'),
    column('Address', 'Where it is reached.'),
    column('Ports', 'Ports that it opens.'),
    AGE,
  ],
  cells(ingress, nowMs) {
    const spec = fieldsOf(ingress, 'spec');
    const points = listOf(fieldsOf(fieldsOf(ingress, 'status'), 'loadBalancer'), 'ingress');
    return [
      nameOf(ingress),
      textOf(spec, 'ingressClassName') || '<none>',
      hostsText(listOf(spec, 'rules')),
      points.map((point) => textOf(point, 'ip') || textOf(point, 'hostname')).join(','),
      listOf(spec, 'tls').length > 0 ? '80, 443' : '80',
      createdAge(ingress, nowMs),
    ];
  },
};

const SHOWN = 3;

function hostsText(rules: readonly Fields[]): string {
  const hosts = rules.slice(0, SHOWN).flatMap((rule) => textOf(rule, 'host') || []);
  if (hosts.length === 0) return '*';
  const more = rules.length > SHOWN ? ` + ${rules.length - SHOWN} more...` : '';
  return `${hosts.join(',')}${more}`;
}

export const INGRESS_CLASS: Printer = {
  columns: [
    NAME,
    column('Controller', 'Who brings its Ingresses about.'),
    column('Parameters', 'What it is told besides.'),
    AGE,
  ],
  cells(ingressClass, nowMs) {
    const spec = fieldsOf(ingressClass, 'spec');
    return [
      nameOf(ingressClass),
      textOf(spec, 'controller'),
      isFields(spec.parameters) ? parametersText(spec.parameters) : '<none>',
      createdAge(ingressClass, nowMs),
    ];
  },
};

function parametersText(parameters: Fields): string {
  const group = textOf(parameters, 'apiGroup');
  return `${textOf(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${textOf(parameters, 'name')}`;
}
