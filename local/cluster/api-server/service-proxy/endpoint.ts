/** Which endpoint a request to `services/<[scheme:]name[:port]>/proxy` goes to. Pure. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { RequestError } from '../../objects/request-error.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, numberOf, textOf } from '../resources/fields.ts';
import { badRequest } from '../status.ts';

/** What the name in the path says. */
export interface ServiceId {
  /** The name as it stands in the path. */
  text: string;
  isTls: boolean;
  name: string;
  /** Its name or its number; empty: the port that has no name. */
  port: string;
}

export interface Endpoint {
  host: string;
  port: number;
}

/** Throws a 400 for what is neither `name`, `name:port` nor `scheme:name:port`. */
export function serviceIdOf(text: string): ServiceId {
  const parts = text.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme)) {
    throw badRequest(`invalid service request ${JSON.stringify(text)}`);
  }
  return { text, isTls: scheme === 'https', name, port };
}

/** True: the port is one of the Service's numbers, whose name only the Service knows. */
export function isByNumber({ port }: ServiceId): boolean {
  return /^[+-]?\d+$/.test(port);
}

/** The name of the Service's port with that number. Throws a 503 where there is none. */
export function portName(id: ServiceId, service: KubeObject): string {
  const number = Number(id.port);
  const port = listOf(fieldsOf(service, 'spec'), 'ports').find((candidate) => candidate.port === number);
  if (port === undefined) throw unavailable(`no service port ${number} found for service ${JSON.stringify(id.name)}`);
  return textOf(port, 'name');
}

/**
 * One of the ready endpoints that have the port.
 * @param slices of the Service
 * @param random from 0 to less than 1
 */
export function chooseEndpoint(id: ServiceId, port: string, slices: readonly KubeObject[], random: number): Endpoint {
  const all = slices.flatMap((slice) => listOf(slice, 'endpoints'));
  if (all.length === 0) throw noEndpoints(id.name);
  const ready = slices.flatMap((slice) => {
    const found = listOf(slice, 'ports').find((candidate) => textOf(candidate, 'name') === port);
    const number = numberOf(found, 'port');
    return number === 0 ? [] : addressesOf(slice).map((host) => ({ host, port: number }));
  });
  const chosen = ready[Math.floor(random * ready.length)];
  if (chosen === undefined) throw noEndpoints(id.text);
  return chosen;
}

function addressesOf(slice: KubeObject): string[] {
  return listOf(slice, 'endpoints')
    .filter((endpoint) => fieldsOf(endpoint, 'conditions').ready !== false)
    .flatMap((endpoint: Fields) => (endpoint.addresses ?? []) as string[]);
}

function noEndpoints(of: string): RequestError {
  return unavailable(`no endpoints available for service ${JSON.stringify(of)}`);
}

export function unavailable(message: string): RequestError {
  return new RequestError(503, 'ServiceUnavailable', message);
}
