import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DELIVERIES_PATH } from '#api/invocations.ts';
import { FrameError, frameParts } from '#api/rules/frame.ts';
import { isInvocationId } from '#api/rules/invocation-id.ts';
import { caught, guarded } from '../errors/guarded-entries.ts';
import { BareConnections } from './bare-connections.ts';
import type { Delivery } from './delivery.ts';
import type { RefusalReason } from './delivery-metrics.ts';
import type { DeliveryRegistry } from './delivery-registry.ts';
import type { DeliveryResult } from './delivery-result.ts';
import type { DispatcherTokens } from './dispatcher-tokens.ts';
import { BodyReader } from './frame-body.ts';
import { FRAME_MAX_BYTES, readDelivery } from './read-delivery.ts';

export interface DeliveryServerParts {
  tokens: Pick<DispatcherTokens, 'check'>;
  deliveries: DeliveryRegistry;
  /** For the metrics. */
  refused: (reason: RefusalReason) => void;
}

/** A token has 2 KiB. */
const HEAD_MAX_BYTES = 16_384;
const HEAD_MS = 10_000;
/** A whole request, its body included. */
const REQUEST_MS = 60_000;
const IDLE_MS = 75_000;
const LOOK_MS = 5_000;
/** TCP keep-alive: nothing is sent for as long as a function computes. */
const PEER_CHECK_MS = 30_000;
/** Each carries one delivery at a time. */
const MOST_CONNECTIONS = 4_096;

/** A smaller answer is copied together: one write costs less than several. */
const ONE_WRITE_BYTES = 65_536;

const STATUS: Record<RefusalReason, number> = {
  bad_token: 401,
  no_keys: 503,
  not_found: 404,
  bad_request: 400,
  stale: 409,
  full: 503,
  leaving: 503,
};

/** The port for deliveries: HTTP/1.1 with the dispatcher alone, which each request has to show itself to be. */
export class DeliveryServer implements AsyncDisposable {
  readonly #parts: DeliveryServerParts;
  readonly #server: Server;
  readonly #bare = new BareConnections();
  readonly #bodies = new BodyReader(FRAME_MAX_BYTES);

  constructor(parts: DeliveryServerParts) {
    this.#parts = parts;
    const options = {
      ...{ headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: IDLE_MS },
      ...{ connectionsCheckingInterval: LOOK_MS, maxHeaderSize: HEAD_MAX_BYTES, requireHostHeader: false },
      ...{ noDelay: true, keepAlive: true, keepAliveInitialDelay: PEER_CHECK_MS },
    };
    this.#server = createServer(options);
    this.#server.maxConnections = MOST_CONNECTIONS;
    const onRequest = guarded('delivery request', this.#take, (_, __, response) => response.destroy());
    const onConnection = guarded('delivery request', (socket: Socket) => this.#bare.add(socket));
    const onFault = guarded('delivery request', (_: Error, socket: Socket) => socket.destroy());
    this.#server.on('request', onRequest).on('checkContinue', onRequest).on('checkExpectation', onRequest);
    this.#server.on('connection', onConnection).on('clientError', onFault);
  }

  /** Resolves with the port. */
  listen(port: number, host: string | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends its connections at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  readonly #take = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', ignore);
    response.on('error', ignore);
    const verdict = this.#parts.tokens.check(request.headers.authorization);
    if (verdict === 'good') this.#serve(request, response);
    else if (typeof verdict === 'string') this.#refuse(response, verdict === 'bad' ? 'bad_token' : 'no_keys');
    else this.#takeLater(request, response, verdict).catch((error: unknown) => failed(error, response));
  };

  async #takeLater(
    request: IncomingMessage,
    response: ServerResponse,
    checked: Promise<'good' | 'bad' | 'unavailable'>,
  ): Promise<void> {
    const verdict = await checked;
    if (response.destroyed) return;
    if (verdict === 'good') this.#serve(request, response);
    else this.#refuse(response, verdict === 'bad' ? 'bad_token' : 'no_keys');
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#bare.known(request.socket);
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const id = path.startsWith(`${DELIVERIES_PATH}/`) ? decoded(path.slice(DELIVERIES_PATH.length + 1)) : undefined;
    if (request.method === 'GET' && path === DELIVERIES_PATH) this.#list(response);
    else if (request.method === 'GET' && id !== undefined) this.#attach(response, id, query);
    else if (request.method === 'POST' && path === DELIVERIES_PATH) {
      this.#deliver(request, response).catch((error: unknown) => failed(error, response));
    } else this.#refuse(response, 'not_found');
  }

  #list(response: ServerResponse): void {
    const text = JSON.stringify(this.#parts.deliveries.list());
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  }

  #attach(response: ServerResponse, id: string, query: string): void {
    const epoch = /^epoch=(\d{1,16})$/.exec(query)?.[1];
    const isOne = isInvocationId(id) && epoch !== undefined;
    const delivery = isOne ? this.#parts.deliveries.find(id, Number(epoch)) : undefined;
    if (delivery === undefined) this.#refuse(response, 'not_found');
    else this.#answerWith(delivery, response);
  }

  async #deliver(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.expect !== undefined) response.writeContinue();
    const bytes = await this.#bodies.read(request);
    if (response.destroyed) return;
    if (bytes === 'full') this.#refuse(response, 'full');
    else if (typeof bytes === 'string') this.#refuse(response, 'bad_request', bytes);
    else this.#begin(bytes, response);
  }

  #begin(bytes: Buffer, response: ServerResponse): void {
    try {
      const taken = this.#parts.deliveries.take(readDelivery(bytes));
      if (typeof taken === 'string') this.#refuse(response, taken);
      else this.#answerWith(taken, response);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(response, 'bad_request', error.message);
    }
  }

  #answerWith(delivery: Delivery, response: ServerResponse): void {
    const onFinish = guarded('delivery answered', () => this.#parts.deliveries.fetched(delivery));
    response.on('finish', onFinish);
    const stop = delivery.wait(
      guarded(
        'delivery answered',
        (result: DeliveryResult) => writeResult(response, result),
        () => response.destroy(),
      ),
    );
    const onClose = guarded('delivery answered', stop);
    response.on('close', onClose);
  }

  /** Its connection ends with that, for what was sent of the body may not have been read. */
  #refuse(response: ServerResponse, reason: RefusalReason, why?: string): void {
    this.#parts.refused(reason);
    const text = JSON.stringify({ error: reason, ...(why !== undefined && { why }) });
    const length = Buffer.byteLength(text);
    const challenge = reason === 'bad_token' ? { 'www-authenticate': 'Bearer' } : {};
    const head = { 'content-type': 'application/json', 'content-length': length, connection: 'close', ...challenge };
    response.writeHead(STATUS[reason], head);
    response.end(text);
  }
}

function writeResult(response: ServerResponse, { head, body }: DeliveryResult): void {
  if (response.destroyed) return;
  const parts = frameParts(head, body);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
  if (length <= ONE_WRITE_BYTES) return void response.end(Buffer.concat(parts, length));
  for (const part of parts) response.write(part);
  response.end();
}

/** What is not encoded as it should be is no id either. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function failed(error: unknown, response: ServerResponse): void {
  caught('delivery request', error);
  response.destroy();
}

function ignore(): void {}
