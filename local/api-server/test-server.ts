/** An API server of their own for tests, and a client that is as plain as can be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '#platform/log.ts';
import type { Certificate } from './auth/certificate.ts';
import { selfSigned } from './auth/certificate.ts';
import { ApiServer } from './server.ts';

export const TOKEN = 'test-token';

/** An object as a test looks at it: every field may be there. */
// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect and fail on what is not there
export type Loose = any;

export interface Reply {
  code: number;
  body: Loose;
  warnings: string[];
}

export class TestServer implements AsyncDisposable {
  readonly #dataDir: string;
  readonly certificate: Certificate;
  #server: ApiServer;

  private constructor(dataDir: string, certificate: Certificate, server: ApiServer) {
    this.#dataDir = dataDir;
    this.certificate = certificate;
    this.#server = server;
  }

  /** @param history see ApiServerOptions */
  static async start(history?: number): Promise<TestServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'catnap-api-'));
    const certificate = selfSigned(['127.0.0.1'], Date.now());
    return new TestServer(dataDir, certificate, await open(dataDir, certificate, history));
  }

  /** `127.0.0.1:38211`. */
  get authority(): string {
    return this.#server.authority;
  }

  /** Another server on the same state, as after the death of this one. */
  async restart(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#server = await open(this.#dataDir, this.certificate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#dataDir, { recursive: true });
  }

  /** One request; `type` is the media type of a body. */
  async call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Reply> {
    const response = await this.fetch(path, {
      method,
      headers: { 'content-type': type },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const warning = response.headers.get('warning') ?? '';
    const warnings = [...warning.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((match) =>
      (match[1] ?? '').replace(/\\(.)/g, '$1'),
    );
    const text = await response.text();
    return { code: response.status, body: text.startsWith('{') ? JSON.parse(text) : text, warnings };
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path);
  }

  /** A patch; `kind`: `merge`, `json`, `strategic` or `apply`. */
  patch(path: string, kind: 'merge' | 'json' | 'strategic' | 'apply', body: unknown): Promise<Reply> {
    const type = {
      merge: 'application/merge-patch+json',
      json: 'application/json-patch+json',
      strategic: 'application/strategic-merge-patch+json',
      apply: 'application/apply-patch+yaml',
    }[kind];
    return this.call('PATCH', path, body, type);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${TOKEN}`);
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

function open(dataDir: string, certificate: Certificate, history?: number): Promise<ApiServer> {
  const tokens = new Map([[TOKEN, { name: 'tester', uid: '1', groups: [] }]]);
  const log = createLog({ service: 'api-server', level: 'silent' });
  const kept = history === undefined ? {} : { history };
  return ApiServer.start({ dataDir, port: 0, host: '127.0.0.1', tokens, certificate, log, ...kept });
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
