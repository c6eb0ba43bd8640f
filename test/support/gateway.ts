import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** From sending to the end of the body, in milliseconds. */
  ms: number;
}

export interface Call {
  method?: Dispatcher.HttpMethod;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | Readable;
  signal?: AbortSignal;
  /** Longest wait for the answer's head, in milliseconds. */
  timeoutMs?: number;
}

/** Speaks to the gateway as a client that resolved the function's host would. */
export class GatewayClient implements AsyncDisposable {
  readonly base: string;
  readonly #agent: Agent;

  /** @param requestsPerConnection after so many a connection ends; default: it is kept */
  constructor(base: string, { requestsPerConnection }: { requestsPerConnection?: number } = {}) {
    this.base = base;
    this.#agent = new Agent({
      connections: null,
      pipelining: 1,
      keepAliveTimeout: 1_000,
      ...(requestsPerConnection === undefined ? {} : { maxRequestsPerClient: requestsPerConnection }),
    });
  }

  /** Sends one request to the function whose `status.url` is `url`, without a retry. */
  async call(url: string, options: Call = {}): Promise<Answer> {
    const startedAt = performance.now();
    const response = await this.open(url, options);
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text, ms: performance.now() - startedAt };
  }

  /** As `call`, with the body still to be read. */
  open(url: string, options: Call = {}): Promise<Dispatcher.ResponseData> {
    return request(new URL(options.path ?? '/', this.base), {
      dispatcher: this.#agent,
      method: options.method ?? 'GET',
      headers: { host: new URL(url).host, ...options.headers },
      headersTimeout: options.timeoutMs ?? 60_000,
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
