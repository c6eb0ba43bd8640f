/** For tests: what speaks to the port for deliveries as the dispatcher does, or as it should not. */
import { randomUUID } from 'node:crypto';
import { Agent, type ClientRequest, request } from 'node:http';
import {
  DELIVERIES_PATH,
  type DeliveryAnswer,
  type DeliveryHead,
  GATEWAY_AUDIENCE,
  type RunningDelivery,
  type StoredRequest,
} from '#api/invocations.ts';
import { frameParts, readFrames } from '#api/rules/frame.ts';
import { aToken, type TokenParts } from './test-issuer.ts';

export const SUBJECT = 'system:serviceaccount:catnap-system:catnap-dispatcher';
const CLUSTER_ISSUER = 'https://kubernetes.default.svc';

/** What the dispatcher's token says; good for an hour. */
export function dispatcherClaims(nowSeconds = Math.floor(Date.now() / 1000)): Record<string, unknown> {
  return { iss: CLUSTER_ISSUER, aud: [GATEWAY_AUDIENCE], sub: SUBJECT, iat: nowSeconds, exp: nowSeconds + 3_600 };
}

export function dispatcherToken(change: object = {}, parts: TokenParts = {}): string {
  return aToken({ claims: { ...dispatcherClaims(), ...change }, ...parts });
}

export interface Sent {
  head: DeliveryHead;
  request: StoredRequest;
  body: string;
}

/** A POST to `hello`, delivered for the first time. */
export function aDelivery(head: Partial<DeliveryHead> = {}, stored: Partial<StoredRequest> = {}, body = 'work'): Sent {
  const fn = { uid: 'uid-of-hello', namespace: 'default', name: 'hello' };
  const limits = { attempt: 1, timeoutMs: 10_000, maxAnswerBytes: 262_144 };
  return {
    head: { id: randomUUID(), epoch: 1, ...fn, ...limits, ...head },
    request: {
      method: 'POST',
      path: '/job?n=1',
      headers: ['host', 'hello.default.fn.example', 'Content-Type', 'text/plain', 'x-forwarded-for', '192.0.2.7'],
      requestId: 'req-1',
      ...stored,
    },
    body,
  };
}

export function frameOf({ head, request: stored, body }: Sent): Buffer {
  return Buffer.concat(frameParts(head, Buffer.from(JSON.stringify(stored)), Buffer.from(body)));
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
}

export interface Delivered extends DeliveryAnswer {
  /** Of the function's answer. */
  body: string;
}

/** How the dispatcher asks a gateway. */
export class TestDispatcher implements Disposable {
  readonly #port: number;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number, token = dispatcherToken()) {
    this.#port = port;
    this.#token = token;
  }

  /** Rejects where the answer is none of a delivery. */
  async deliver(sent: Sent): Promise<Delivered> {
    return answerIn(await this.post(frameOf(sent)).reply);
  }

  /** Rejects where there is none. */
  async attach(id: string, epoch: number): Promise<Delivered> {
    return answerIn(await this.ask('GET', `${DELIVERIES_PATH}/${encodeURIComponent(id)}?epoch=${epoch}`).reply);
  }

  async list(): Promise<RunningDelivery[]> {
    return JSON.parse((await this.ask('GET', DELIVERIES_PATH).reply).bytes.toString());
  }

  /** The request, to be broken off, and its answer. */
  post(bytes: Buffer): { sent: ClientRequest; reply: Promise<Reply> } {
    return this.ask('POST', DELIVERIES_PATH, bytes);
  }

  ask(method: string, path: string, bytes?: Buffer): { sent: ClientRequest; reply: Promise<Reply> } {
    const headers = { authorization: `Bearer ${this.#token}` };
    return asked(request({ port: this.#port, host: '127.0.0.1', agent: this.#agent, method, path, headers }), bytes);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

export function asked(sent: ClientRequest, bytes?: Buffer): { sent: ClientRequest; reply: Promise<Reply> } {
  const reply = new Promise<Reply>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
  });
  // Whether it matters that it broke is the test's to say.
  reply.catch(() => undefined);
  sent.end(bytes);
  return { sent, reply };
}

function answerIn({ status, bytes }: Reply): Delivered {
  if (status !== 200) throw new Error(`the gateway answered ${status} ${bytes}`);
  const [frame] = readFrames<DeliveryAnswer>(bytes, 1);
  if (frame === undefined) throw new Error('the answer is no frame');
  return { ...frame.json, body: Buffer.from(frame.first).toString('latin1') };
}
