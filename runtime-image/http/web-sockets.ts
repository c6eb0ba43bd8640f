import type { IncomingMessage } from 'node:http';
import { currentCall } from '../call/call.ts';
import type { JsonLog } from '../telemetry/log.ts';
import type { Failure } from './error-reply.ts';
import type { Reply } from './reply.ts';
import type { OwnHeaders } from './write-response.ts';

/** RFC 6455, 7.4.1. */
const [GOING_AWAY, INTERNAL_ERROR] = [1001, 1011] as const;

/** A WebSocket that is open. */
export interface OpenSocket {
  close(code: number, reason: string): void;
}

/** What becomes a WebSocket: a request whose connection was handed over, and what the runtime adds to its answer. */
interface UpgradedRequest {
  readonly message: IncomingMessage;
  ownHeaders(): OwnHeaders;
}

/** The replica's WebSockets: made by handlers as on Cloudflare Workers, each in flight for as long as it is open. */
export class WebSockets {
  readonly #log: JsonLog;
  readonly #open = new Set<OpenSocket>();
  #parts: typeof import('../websocket/websocket.ts') | undefined;
  #isLeaving = false;

  constructor(log: JsonLog) {
    this.#log = log;
  }

  /** Makes `WebSocketPair` a global of `target`. */
  install(target: object): void {
    const pair = () => this.#pair();
    class WebSocketPair {
      constructor() {
        Object.assign(this, pair());
      }
    }
    Object.defineProperty(target, 'WebSocketPair', { value: WebSocketPair, writable: true, configurable: true });
  }

  /** Loads what WebSockets need. To be awaited before a request for one reaches its handler. */
  async prepare(): Promise<void> {
    this.#parts ??= await import('../websocket/websocket.ts');
  }

  /**
   * Answers with the WebSocket that `reply` carries. Resolves when that is closed.
   * @param onOpen called as soon as it is open.
   * @throws TypeError where that is none.
   */
  async serve(request: UpgradedRequest, reply: Reply, onOpen: (socket: OpenSocket) => void): Promise<void> {
    // What took time until here is the handler's; how long the socket is open is the client's to say.
    const call = currentCall.getStore();
    if (call !== undefined) call.hasNoLimit = true;
    let opened: OpenSocket | undefined;
    const own = Object.entries(request.ownHeaders()).filter(([name]) => name !== 'connection');
    const headers = [...reply.headers.filter(([name]) => !name.startsWith('sec-websocket-')), ...own];
    const protocol = reply.headers.find(([name]) => name === 'sec-websocket-protocol')?.[1];
    await this.#parts?.openWebSocket({
      message: request.message,
      end: reply.webSocket,
      headers,
      protocol,
      onOpen: (socket) => {
        opened = socket;
        this.#open.add(socket);
        onOpen(socket);
        if (this.#isLeaving) this.#sendAway(socket);
      },
      onFailure: (err) => this.#log.thrown('error', 'handler failed', err),
    });
    if (opened !== undefined) this.#open.delete(opened);
  }

  /**
   * Sends a close frame (1001) on all that are open, and on any that opens from now on: their clients connect to another
   * replica.
   */
  closeAll(): void {
    this.#isLeaving = true;
    for (const socket of this.#open) this.#sendAway(socket);
  }

  #sendAway(socket: OpenSocket): void {
    socket.close(GOING_AWAY, 'the replica is leaving; connect again');
  }

  #pair(): object {
    if (this.#parts === undefined) {
      throw new TypeError('a WebSocketPair is for a request with "Upgrade: websocket", and none has come');
    }
    // Its client may have left before the answer: that is no reason for the process to end.
    return { ...this.#parts.SocketEnd.pair((error) => this.#log.thrown('error', 'handler failed', error)) };
  }
}

/** Ends a WebSocket whose call was stopped. */
export function closeFailed(socket: OpenSocket, failure: Failure): void {
  if (failure.code === 'HandlerFailed') socket.close(INTERNAL_ERROR, 'the handler failed');
  else socket.close(GOING_AWAY, 'the replica is leaving; connect again');
}
