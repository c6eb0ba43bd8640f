/** `services/<name>/proxy/…`: a request passed on to an endpoint of a Service, and its answer back, both as they come. */
import { type IncomingMessage, request as overTcp, type ServerResponse } from 'node:http';
import { request as overTls } from 'node:https';
import { pipeline } from 'node:stream';
import type { Cluster } from '../cluster.ts';
import type { ResourceRequest } from '../http/request-info.ts';
import { fieldsOf, textOf } from '../resources/fields.ts';
import { methodNotAllowed, notFound } from '../status.ts';
import {
  chooseEndpoint,
  type Endpoint,
  isByNumber,
  portName,
  type ServiceId,
  serviceIdOf,
  unavailable,
} from './endpoint.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const OF_SERVICE = 'kubernetes.io/service-name';

/** True: it is about what a Service answers, not about the Service. */
export function isServiceProxy({ group, plural, namespace, name, subresource }: ResourceRequest): boolean {
  return group === '' && plural === 'services' && subresource === 'proxy' && namespace !== '' && name !== '';
}

interface ProxyRequest {
  cluster: Cluster;
  asked: ResourceRequest;
  /** Its body is not read yet. */
  incoming: IncomingMessage;
}

/**
 * Resolves when the answer has begun; it is streamed from then on, until either side ends it. Throws a 400, 404 or 503
 * where there is nothing to pass the request on to. A connection is made for each request. What asks for another protocol
 * (WebSocket) is passed on without that wish.
 */
export async function proxyToService(
  { cluster, asked, incoming }: ProxyRequest,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = incoming;
  if (!METHODS.includes(method)) throw methodNotAllowed();
  const id = serviceIdOf(asked.name);
  const endpoint = endpointOf(cluster, asked.namespace, id);
  const [path = '', ...query] = url.split('?');
  const search = query.length === 0 ? '' : `?${query.join('?')}`;
  if (asked.rest === '' && !path.endsWith('/') && (method === 'GET' || method === 'HEAD')) {
    response.writeHead(301, { location: `${path}/${search}` }).end();
    return;
  }
  const own = pathAtService(asked.rest, path.endsWith('/'));
  await forward({ endpoint, id, incoming, path, target: own + search, prefix: prefixOf(asked) }, response);
}

function endpointOf({ store }: Cluster, namespace: string, id: ServiceId): Endpoint {
  const service = store.get({ bucket: 'services', namespace, name: id.name })?.object;
  if (service === undefined) throw notFound(absent(id));
  const slices = store
    .list('endpointslices.discovery.k8s.io', namespace)
    .map(({ object }) => object)
    .filter(({ metadata }) => textOf(fieldsOf(metadata, 'labels'), OF_SERVICE) === id.name);
  return chooseEndpoint(id, isByNumber(id) ? portName(id, service) : id.port, slices, Math.random());
}

/** The Service itself is looked up for the name of a port alone. */
function absent(id: ServiceId) {
  const byNumber = isByNumber(id);
  const [resource, kind] = byNumber ? ['services', 'Service'] : ['endpoints', 'Endpoints'];
  return { group: '', resource: resource as string, kind: kind as string, name: id.name };
}

/** Decoded once on the way here, and encoded again. */
function pathAtService(rest: string, endsWithSlash: boolean): string {
  const encoded = encodeURIComponent(rest).replace(/%(24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
  return `/${encoded}${endsWithSlash && encoded !== '' ? '/' : ''}`;
}

function prefixOf({ version, namespace, name }: ResourceRequest): string {
  return `/api/${version}/namespaces/${namespace}/services/${name}/proxy`;
}

interface Passage {
  endpoint: Endpoint;
  id: ServiceId;
  incoming: IncomingMessage;
  /** At the API server. */
  path: string;
  /** Path and query at the service. */
  target: string;
  /** What stands for the service's `/` at the API server. */
  prefix: string;
}

function forward(passage: Passage, response: ServerResponse): Promise<void> {
  const { endpoint, id, incoming, path, target, prefix } = passage;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const address = (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const headers = requestHeaders({ rawHeaders: incoming.rawHeaders, address, path });
  // The certificate of a pod is for no name that is known here.
  const options = {
    ...endpoint,
    method: incoming.method,
    path: target,
    headers,
    agent: false,
    rejectUnauthorized: false,
  };
  const upstream = (id.isTls ? overTls : overTcp)(options);
  upstream.once('response', (answer) => {
    const location = { endpoint: `${endpoint.host}:${endpoint.port}`, host: incoming.headers.host ?? '', prefix };
    try {
      const { statusCode = 502, statusMessage, rawHeaders } = answer;
      response.writeHead(statusCode, statusMessage, responseHeaders({ rawHeaders, location }));
    } catch (error) {
      // A status or a reason that Node reads, and does not write; the refusal has its own.
      response.statusMessage = '';
      upstream.destroy();
      reject(unreachable(error as Error, endpoint));
      return;
    }
    response.flushHeaders();
    // A cut on one side is a cut on the other.
    pipeline(answer, response, () => upstream.destroy());
    resolve();
  });
  upstream.on('error', (error) => reject(unreachable(error, endpoint)));
  response.once('close', () => upstream.destroy());
  incoming.once('error', () => upstream.destroy());
  incoming.pipe(upstream);
  return promise;
}

function unreachable(error: NodeJS.ErrnoException, { host, port }: Endpoint): Error {
  const why = error.code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message;
  return unavailable(`error trying to reach service: ${why}`);
}
