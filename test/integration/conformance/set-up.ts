/** What has to be in the cluster before the rows of a suite are sent. */
import type { Server } from './client.ts';
import { send } from './client.ts';
import { rowsOf } from './rows.ts';

const NAMESPACES = '/api/v1/namespaces';
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

const BEFORE: { readonly [suite: string]: (server: Server) => Promise<void> } = {
  'custom-resources': async (server) => {
    await namespace(server, 'dt2');
    const [definition] = await rowsOf('custom-resources');
    if (definition !== undefined) await send(server, definition);
  },
  'pods-and-admission': async (server) => {
    await namespace(server, 'dt3', RESTRICTED);
    for (const name of ['dt3b', 'dying']) await namespace(server, name);
    const limit = {
      type: 'Container',
      default: { memory: '100Mi' },
      defaultRequest: { memory: '50Mi' },
      max: { memory: '200Mi' },
    };
    await create(server, `${NAMESPACES}/dt3b/limitranges`, { metadata: { name: 'lr' }, spec: { limits: [limit] } });
    await create(server, `${NAMESPACES}/dt3b/serviceaccounts`, { metadata: { name: 'u' } });
    await deployment(server, 'good', { a: 'b', 'catnap.dev/function': 'x' });
    await deployment(server, 'other', { a: 'c' });
    const held = { name: 'held', finalizers: ['example.com/held'] };
    await create(server, `${NAMESPACES}/dying/configmaps`, { metadata: held });
  },
  'lists-and-validation': async (server) => {
    await namespace(server, 'dt4');
    for (const name of ['p0', 'p1', 'p2', 'p4']) {
      await create(server, `${NAMESPACES}/dt4/configmaps`, { metadata: { name, labels: { p: '1' } } });
    }
  },
};

export async function setUp(server: Server, suite: string): Promise<void> {
  await BEFORE[suite]?.(server);
}

function namespace(server: Server, name: string, labels: { [name: string]: string } = {}): Promise<void> {
  return create(server, NAMESPACES, { metadata: { name, labels } });
}

function deployment(server: Server, name: string, labels: { [name: string]: string }): Promise<void> {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  return create(server, '/apis/apps/v1/namespaces/dt3b/deployments', { metadata: { name }, spec });
}

/** Rejects when the server refuses. */
async function create(server: Server, path: string, body: unknown): Promise<void> {
  const request = { method: 'POST', path, contentType: 'application/json', body, headers: {}, as: 'admin' } as const;
  const { status, answer } = await send(server, request);
  if (status !== 201) throw new Error(`set-up: POST ${path}: ${status} ${JSON.stringify(answer)}`);
}
