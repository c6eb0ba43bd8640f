/** An HTTP server that plays the API server in platform/'s own tests: each test says what it answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ClusterAccess } from '../access/credentials.ts';
import { createLog } from '../process/log.ts';

/** Values that come later, in order, for who waits for them. */
export class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiters: ((value: T) => void)[] = [];

  readonly put = (value: T): void => {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#values.push(value);
    else waiter(value);
  };

  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((resolve) => this.#waiters.push(resolve)) : Promise.resolve(value);
  }

  /** Gives all values, present and to come, to `handler`. */
  onEach(handler: (value: T) => void): void {
    for (const value of this.#values.splice(0)) handler(value);
    const again = (value: T) => {
      this.#waiters.push(again);
      handler(value);
    };
    this.#waiters.push(again);
  }

  /** The next `count` values. */
  async take(count: number): Promise<T[]> {
    const values: T[] = [];
    while (values.length < count) values.push(await this.next());
    return values;
  }

  get size(): number {
    return this.#values.length;
  }
}

/** A request that waits for the test's answer. */
export class Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, body: string, response: ServerResponse) {
    this.method = request.method ?? '';
    this.url = new URL(request.url ?? '', 'http://localhost');
    this.headers = request.headers;
    this.body = body;
    this.#response = response;
  }

  query(name: string): string | null {
    return this.url.searchParams.get(name);
  }

  get isWatch(): boolean {
    return this.query('watch') === 'true';
  }

  reply(value: unknown, status = 200, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.#response.end(typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** Answers with a `Status`. */
  fail(status: number, reason: string, headers: Record<string, string> = {}): void {
    this.reply(
      { kind: 'Status', status: 'Failure', code: status, reason, message: `scripted ${reason}` },
      status,
      headers,
    );
  }

  /** Answers a watch with its head only. */
  open(): this {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    return this;
  }

  write(bytes: string | Uint8Array): this {
    this.#response.write(bytes);
    return this;
  }

  send(...events: object[]): this {
    return this.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  end(): void {
    this.#response.end();
  }

  /** Breaks the connection. */
  cut(): void {
    this.#response.destroy();
  }

  /** Resolves when the other side has gone. */
  closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#response.closed) resolve();
      else this.#response.once('close', () => resolve());
    });
  }
}

export class ScriptedApiServer implements AsyncDisposable {
  /** Requests in the order of their arrival. */
  readonly calls = new Inbox<Call>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      text(request).then(
        (body) => this.calls.put(new Call(request, body, response)),
        () => response.destroy(), // the client went away while sending
      );
    });
  }

  static async start(): Promise<ScriptedApiServer> {
    const scripted = new ScriptedApiServer();
    await new Promise<void>((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param authorizations what each request sends, the last one over and over; `refresh` moves to the next. */
  access(...authorizations: string[]): ClusterAccess {
    return {
      server: this.url,
      source: 'test',
      credentials: () =>
        Promise.resolve({ tls: {}, ...(authorizations[0] !== undefined && { authorization: authorizations[0] }) }),
      refresh: () => void (authorizations.length > 1 && authorizations.shift()),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const silentLog = createLog({ service: 'test', level: 'silent' });
