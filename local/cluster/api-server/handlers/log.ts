/** Logs of a pod, from the kubelet that runs it. */
import type { ServerResponse } from 'node:http';
import { request } from 'node:http';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { RequestError } from '../../objects/request-error.ts';
import type { Call } from '../cluster.ts';
import { fieldsOf, listOf, numberOf, textOf } from '../resources/fields.ts';
import { badRequest, internalError } from '../status.ts';
import { entryOfCall } from './read.ts';

/** Streams, from when the promise resolves, until the kubelet ends or the client is gone. Throws a 400 before the container can have any. */
export async function sendLog(call: Call, response: ServerResponse): Promise<void> {
  const pod = entryOfCall(call).object;
  const container = containerOf(pod, call.query.get('container') ?? '');
  const node = textOf(fieldsOf(pod, 'spec'), 'nodeName');
  if (node === '') return void response.writeHead(204).end();
  const { host, port } = addressOf(call, node);
  const query = new URLSearchParams(call.query);
  query.delete('container');
  const path = `/containerLogs/${pod.metadata.namespace}/${pod.metadata.name}/${container}?${query}`;
  await forward({ host, port, path, node }, call, response);
}

function containerOf(pod: KubeObject, asked: string): string {
  const spec = fieldsOf(pod, 'spec');
  const { name } = pod.metadata;
  const names = ['containers', 'initContainers', 'ephemeralContainers'].map((list) =>
    listOf(spec, list).map((container) => textOf(container, 'name')),
  );
  const [main = [], init = []] = names;
  if (asked !== '') {
    if (names.flat().includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = main;
  if (main.length === 1 && only !== undefined) return only;
  const choices = `choose one of: [${main.join(' ')}]${init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : ''}`;
  throw badRequest(`a container name must be specified for pod ${name}, ${choices}`);
}

function addressOf(call: Call, name: string): { host: string; port: number } {
  const node = call.cluster.store.get({ bucket: 'nodes', namespace: '', name })?.object;
  if (node === undefined) throw new RequestError(404, 'NotFound', `nodes ${JSON.stringify(name)} not found`);
  const status = fieldsOf(node, 'status');
  const addresses = listOf(status, 'addresses');
  const preferred = ['Hostname', 'InternalDNS', 'InternalIP'];
  const found = preferred
    .reverse()
    .map((type) =>
      textOf(
        addresses.find((address) => address.type === type),
        'address',
      ),
    )
    .find((address) => address !== '');
  const port = numberOf(fieldsOf(fieldsOf(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port');
  if (found === undefined || port === 0) throw internalError(`node ${name} has no address to ask for logs`);
  return { host: found, port };
}

interface Kubelet {
  host: string;
  port: number;
  path: string;
  node: string;
}

/** Longest a kubelet may take until it begins its answer. */
const FIRST_BYTE_MS = 10_000;

function forward({ host, port, path, node }: Kubelet, { gone }: Call, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = request({ host, port, path, signal: gone }, (answer) => {
      upstream.setTimeout(0);
      if (answer.statusCode !== 200) {
        collect(answer).then((text) => reject(refusalOf(answer.statusCode ?? 500, text, node)), reject);
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
      response.flushHeaders();
      answer.pipe(response);
      answer.once('error', () => response.destroy());
      response.once('close', () => upstream.destroy());
      resolve();
    });
    upstream.setTimeout(FIRST_BYTE_MS, () => upstream.destroy(new Error('no answer in time')));
    upstream.once('error', (error) => {
      if (response.headersSent) response.destroy();
      else reject(internalError(`Get "http://${host}:${port}${path}": ${error.message}`));
    });
    upstream.end();
  });
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What the kubelet says is wrong is the client's to read. */
function refusalOf(code: number, text: string, node: string): RequestError {
  if (code === 400) return badRequest(text.trim());
  if (code === 404) return new RequestError(404, 'NotFound', text.trim() || `no such log on ${node}`);
  return new RequestError(
    500,
    'InternalError',
    text.trim() || `an error on the server ("unknown") has prevented the request from succeeding`,
  );
}
