import type { ClusterAccess } from '../access/credentials.ts';
import { KubeConnections } from '../kube/connections.ts';
import { withDeadline } from '../time/deadline.ts';
import type { ResourceAttributes, Verdict } from './access-verdicts.ts';

const PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const DEADLINE_MS = 5_000;
/** An answer is a few hundred bytes. */
const MOST_BYTES = 64 * 1024;

/**
 * Asks the API server with the token itself, so that nothing is given that its owner does not have, and no right is needed to ask. One
 * request for each question, over connections that all share: a token that is unknown costs no more than that.
 */
export class SelfReviewer implements Disposable {
  readonly #access: ClusterAccess;
  readonly #connections: KubeConnections;
  readonly #path: string;
  readonly #userAgent: string;

  constructor(access: ClusterAccess, { userAgent }: { userAgent: string }) {
    const server = new URL(access.server);
    this.#access = access;
    this.#userAgent = userAgent;
    this.#connections = new KubeConnections(server);
    this.#path = server.pathname.replace(/\/$/, '') + PATH;
  }

  /** Throws where there is no answer. */
  async verdict(token: string, attributes: ResourceAttributes, signal: AbortSignal): Promise<Verdict> {
    return await withDeadline(signal, DEADLINE_MS, (own) => this.#ask(token, attributes, own));
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }

  async #ask(token: string, attributes: ResourceAttributes, signal: AbortSignal): Promise<Verdict> {
    const spec = { resourceAttributes: attributes };
    const body = JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec });
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': this.#userAgent,
      authorization: `Bearer ${token}`,
    };
    const limits = { headMs: DEADLINE_MS, bodyIdleMs: DEADLINE_MS };
    const sent = { method: 'POST', path: this.#path, headers, body, ...limits };
    // The same server, by its CA, in another's name.
    const { cert: _, key: __, ...tls } = (await this.#access.credentials()).tls;
    const answer = await this.#connections.send(sent, tls, signal);
    const status = answer.statusCode ?? 0;
    const text = await textOf(answer);
    if (status === 401) return 'unknown-token';
    if (status === 403) return 'forbidden';
    if (status !== 201 && status !== 200)
      throw new Error(`the API server answered a SelfSubjectAccessReview with ${status}`);
    const { status: said } = JSON.parse(text) as { status?: { allowed?: boolean } };
    return said?.allowed === true ? 'allowed' : 'forbidden';
  }
}

async function textOf(answer: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the API server answered with more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
