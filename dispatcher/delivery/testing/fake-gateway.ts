/** A gateway's port for deliveries over real HTTP, whose functions are the test's. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { DELIVERIES_PATH, type DeliveryAnswer, type DeliveryHead } from '#api/invocations.ts';
import { frameParts, readFrames } from '#api/rules/frame.ts';

export interface FakeDelivery {
  head: DeliveryHead;
  request: string;
  body: Buffer;
  authorization: string | undefined;
}

export interface FakeAnswer {
  answer: DeliveryAnswer;
  body?: string | Uint8Array;
}

/** What the function answers; or the whole HTTP answer, written by the test. */
export type Handle = (delivery: FakeDelivery) => Promise<FakeAnswer> | FakeAnswer;
export type Raw = (request: IncomingMessage, response: ServerResponse) => boolean;

export function answering(status: number, change: Partial<DeliveryAnswer> = {}, headers: string[] = []): FakeAnswer {
  return { answer: { by: 'function', started: true, answer: { status, headers, truncated: false }, ...change } };
}

interface Known {
  head: DeliveryHead;
  result: Promise<FakeAnswer>;
  ended: boolean;
}

export class FakeGateway implements AsyncDisposable {
  /** In the order in which they came. */
  readonly deliveries: FakeDelivery[] = [];
  readonly attached: string[] = [];
  handle: Handle;
  /** Asked first about each request; true: it has answered. */
  raw: Raw = () => false;
  readonly #known = new Map<string, Known>();
  #server: Server;
  #port = 0;

  private constructor(handle: Handle) {
    this.handle = handle;
    this.#server = this.#create();
  }

  static async start(handle: Handle): Promise<FakeGateway> {
    const gateway = new FakeGateway(handle);
    await gateway.listen();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get ids(): string[] {
    return this.deliveries.map(({ head }) => head.id);
  }

  /** At the same address as before. */
  async listen(): Promise<void> {
    if (!this.#server.listening && this.#port !== 0) this.#server = this.#create();
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open here. */
  get connections(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  /** Breaks all connections; what is under way goes on. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  /** The process is no more: what it had is lost. */
  async kill(): Promise<void> {
    this.#known.clear();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.kill();
  }

  #create(): Server {
    return createServer((request, response) => {
      if (this.raw(request, response)) return;
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://gateway');
    if (request.method === 'POST') return this.#send(response, this.#take(request, await buffer(request)));
    if (pathname === DELIVERIES_PATH) {
      const list = [...this.#known.values()].map(({ head, ended }) => ({ ...head, ageMs: 0, ended }));
      response.end(JSON.stringify(list));
      return;
    }
    const known = this.#known.get(pathname.slice(DELIVERIES_PATH.length + 1));
    if (known === undefined || String(known.head.epoch) !== searchParams.get('epoch')) {
      response.writeHead(404).end();
      return;
    }
    this.attached.push(known.head.id);
    await this.#send(response, known);
  }

  #take(request: IncomingMessage, bytes: Buffer): Known {
    const [frame] = readFrames<DeliveryHead>(bytes, 1);
    if (frame === undefined) throw new Error('no frame');
    const head = frame.json;
    const running = this.#known.get(head.id);
    if (running !== undefined) {
      running.head = head;
      return running;
    }
    const { authorization } = request.headers;
    const delivery = {
      head,
      authorization,
      request: Buffer.from(frame.first).toString(),
      body: Buffer.from(frame.second),
    };
    this.deliveries.push(delivery);
    const result = Promise.resolve(this.handle(delivery));
    const known: Known = { head, result, ended: false };
    this.#known.set(head.id, known);
    const end = () => {
      known.ended = true;
    };
    result.then(end, end);
    return known;
  }

  async #send(response: ServerResponse, known: Known): Promise<void> {
    const { answer, body } = await known.result;
    if (response.destroyed) return;
    response.once('finish', () => this.#known.delete(known.head.id));
    response.end(Buffer.concat(frameParts(answer, typeof body === 'string' ? Buffer.from(body) : body)));
  }
}

/** A handler that answers when the test says so. */
export class Held {
  readonly #waiting: ((answer: FakeAnswer) => void)[] = [];
  readonly handle: Handle = () => new Promise((resolve) => this.#waiting.push(resolve));

  get size(): number {
    return this.#waiting.length;
  }

  answer(answer = answering(200)): void {
    for (const resolve of this.#waiting.splice(0)) resolve(answer);
  }
}
