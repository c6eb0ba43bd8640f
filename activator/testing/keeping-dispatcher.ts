/** For tests: a dispatcher over real HTTP that keeps in memory what gateways send, and answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { EntryHead, EntryOutcome, InvocationStatus, StoredRequest } from '#api/invocations.ts';
import { ENTRIES_PATH } from '#api/invocations.ts';
import { frameParts, readFrames } from '#api/rules/frame.ts';
import { systemClock } from '#platform/time/clock.ts';
import type { Dispatcher } from '../async/dispatcher.ts';
import { DispatcherClient } from '../async/dispatcher-client.ts';
import { guardedClock } from '../errors/guarded-entries.ts';
import { TestGateway, type TestGatewayOptions, until } from './test-gateway.ts';

export interface KeptEntry {
  head: EntryHead;
  request: StoredRequest;
  body: string;
}

type Answer = (entries: KeptEntry[], response: ServerResponse, request: IncomingMessage) => void;
type Status = (url: URL, response: ServerResponse) => void;

const accept: Answer = (entries, response) =>
  response.end(JSON.stringify(entries.map(() => ({ outcome: 'accepted' }))));

export class KeepingDispatcher implements AsyncDisposable {
  readonly client: Dispatcher & Disposable;
  /** All that came, whatever it was answered. */
  readonly entries: KeptEntry[] = [];
  /** Entries of each request. */
  readonly batches: number[] = [];
  readonly tokens: (string | undefined)[] = [];
  readonly connections = new Set<Socket>();
  /** Connections that were ever opened. */
  connected = 0;
  onEntries: Answer = accept;
  onStatus: Status = (_url, response) => response.writeHead(404).end();
  readonly #port: number;
  readonly #server;

  static async start(): Promise<KeepingDispatcher> {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return new KeepingDispatcher(server);
  }

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    const token = { read: async () => 'the-token', forget: () => undefined };
    this.client = new DispatcherClient({ url: this.url, token, clock: guardedClock(systemClock) });
    server.on('connection', (socket) => {
      this.connected += 1;
      this.connections.add(socket);
      socket.on('close', () => this.connections.delete(socket));
    });
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** Frames of how an invocation goes. */
  static status(status: Partial<InvocationStatus>, body = ''): Buffer {
    const whole = { status: 'done', attempts: 1, acceptedAt: '2030-01-01T00:00:00Z', ...status };
    return Buffer.concat(frameParts(whole, Buffer.from(body, 'latin1')));
  }

  /** Every entry is answered so. */
  answerWith(outcome: EntryOutcome | object | null): void {
    this.onEntries = (entries, response) => response.end(JSON.stringify(entries.map(() => outcome)));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async down(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async up(): Promise<void> {
    await new Promise<void>((resolve) => void this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    if (this.#server.listening) await this.down();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.tokens.push(request.headers.authorization);
    const url = new URL(request.url ?? '/', 'http://dispatcher');
    if (url.pathname !== ENTRIES_PATH) return this.onStatus(url, response);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const frames = readFrames<EntryHead>(Buffer.concat(pieces), 1_000);
    const entries = frames.map(({ json, first, second }) => ({
      head: json,
      request: JSON.parse(Buffer.from(first).toString()) as StoredRequest,
      body: Buffer.from(second).toString('latin1'),
    }));
    this.entries.push(...entries);
    this.batches.push(entries.length);
    this.onEntries(entries, response, request);
  }
}

export interface DispatchedGateway extends AsyncDisposable {
  gateway: TestGateway;
  dispatcher: KeepingDispatcher;
}

/** A gateway with a dispatcher. */
export async function dispatchedGateway(options: TestGatewayOptions = {}): Promise<DispatchedGateway> {
  const dispatcher = await KeepingDispatcher.start();
  const gateway = await TestGateway.start({ dispatcher: dispatcher.client, ...options });
  return {
    gateway,
    dispatcher,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await dispatcher[Symbol.asyncDispose]();
    },
  };
}

/** Resolves once the gateway holds nothing for any request. */
export function nothingIsHeld({ gateway }: DispatchedGateway): Promise<void> {
  const held = () => gateway.gateway.open + gateway.budget.requests + gateway.budget.bytes;
  return until(() => held() === 0, 'nothing is held');
}
