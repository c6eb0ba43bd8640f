/** An API server of their own for tests, and a client that is as plain as can be. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '#platform/process/log.ts';
import { Realism } from '../realism/realism.ts';
import type { Certificate } from './auth/certificate.ts';
import { selfSigned } from './auth/certificate.ts';
import { newSigningKey } from './auth/json-web-token.ts';
import { ApiServer } from './server.ts';

/** Of a user who may do everything. */
export const TOKEN = 'test-token';
/** Of one who may do what every user may. */
export const NOBODY = 'token-of-nobody';

/** An object as a test looks at it: every field may be there. */
// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect and fail on what is not there
export type Loose = any;

interface Reply {
  code: number;
  body: Loose;
  warnings: string[];
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

export class TestServer implements AsyncDisposable {
  readonly #place: Place;
  #server: ApiServer;

  private constructor(place: Place, server: ApiServer) {
    this.#place = place;
    this.#server = server;
  }

  /** @param history see ApiServerOptions @param seed of delays as a real cluster has them; absent: none */
  static async start(history?: number, seed?: number): Promise<TestServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'cluster-api-'));
    const certificate = selfSigned(['127.0.0.1'], Date.now());
    const place = { dataDir, certificate, signingKey: newSigningKey(), auditLog: join(dataDir, 'audit.log'), seed };
    return new TestServer(place, await open(place, history));
  }

  get certificate(): Certificate {
    return this.#place.certificate;
  }

  /** The audit events so far. */
  async audit(): Promise<Loose[]> {
    const text = await readFile(this.#place.auditLog, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** `127.0.0.1:38211`. */
  get authority(): string {
    return this.#server.authority;
  }

  /** Another server on the same state, as after the death of this one. */
  async restart(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#server = await open(this.#place);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#place.dataDir, { recursive: true });
  }

  /** One request; `type` is the media type of a body, `token` whose request it is. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
    token: string | undefined = TOKEN,
  ): Promise<Reply> {
    const response = await this.fetch(path, {
      method,
      headers: { 'content-type': type, authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const warning = response.headers.get('warning') ?? '';
    const warnings = [...warning.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((match) =>
      (match[1] ?? '').replace(/\\(.)/g, '$1'),
    );
    const text = await response.text();
    return { code: response.status, body: text.startsWith('{') ? JSON.parse(text) : text, warnings };
  }

  get(path: string, token = TOKEN): Promise<Reply> {
    return this.call('GET', path, undefined, undefined, token);
  }

  /** A token of a new service account that has these rules everywhere. */
  async account(name: string, rules: readonly object[], namespace = 'default'): Promise<string> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.call('POST', accounts, { metadata: { name } });
    await this.call('POST', `${RBAC}/clusterroles`, { metadata: { name }, rules });
    await this.call('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
      roleRef: { kind: 'ClusterRole', name },
    });
    return (await this.call('POST', `${accounts}/${name}/token`, {})).body.status.token;
  }

  /** A patch; `kind`: `merge`, `json`, `strategic` or `apply`. */
  patch(path: string, kind: 'merge' | 'json' | 'strategic' | 'apply', body: unknown, token = TOKEN): Promise<Reply> {
    const type = {
      merge: 'application/merge-patch+json',
      json: 'application/json-patch+json',
      strategic: 'application/strategic-merge-patch+json',
      apply: 'application/apply-patch+yaml',
    }[kind];
    return this.call('PATCH', path, body, type, token);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${TOKEN}`);
    return fetch(`http://${this.authority}${path}`, { ...init, headers });
  }

  /** Reads a watch event by event until the caller stops or the server ends it. */
  async *watch(path: string, signal: AbortSignal, accept = 'application/json'): AsyncGenerator<Loose> {
    const response = await this.fetch(path, { signal, headers: { accept } });
    let rest = '';
    for await (const chunk of response.body ?? []) {
      rest += Buffer.from(chunk).toString();
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  }
}

/** What outlives a server. */
interface Place {
  dataDir: string;
  certificate: Certificate;
  signingKey: string;
  auditLog: string;
  seed: number | undefined;
}

function open(place: Place, history?: number): Promise<ApiServer> {
  const tokens = new Map([
    [TOKEN, { name: 'tester', uid: '1', groups: ['system:masters'] }],
    [NOBODY, { name: 'nobody', uid: '2', groups: [] }],
  ]);
  const log = createLog({ service: 'api-server', level: 'silent' });
  const kept = history === undefined ? {} : { history };
  const realism = place.seed === undefined ? undefined : new Realism(place.seed);
  return ApiServer.start({ name: 'test', ...place, realism, port: 0, host: '127.0.0.1', tokens, log, ...kept });
}

/** The next `count` events. */
export async function take(events: AsyncGenerator<Loose>, count: number): Promise<Loose[]> {
  const taken: Loose[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

export function configMap(
  name: string,
  data: { [key: string]: string } = {},
  labels: { [key: string]: string } = {},
): Loose {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

export function deployment(name: string, replicas?: number): Loose {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'example/web:1' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template, ...(replicas === undefined ? {} : { replicas }) },
  };
}

export function pod(name: string, spec: object = {}): Loose {
  const containers = [{ name: 'main', image: 'example/web:1' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { containers, ...spec } };
}
