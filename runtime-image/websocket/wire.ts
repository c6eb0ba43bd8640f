import type { IncomingMessage } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { SocketEnd, type Wire } from './socket-end.ts';

/** Largest message of a client; one that is larger closes its WebSocket with 1009. */
const MESSAGE_MAX_BYTES = 32 * 1024 * 1024;
/** A client that has not taken so much gets to send nothing more until it has: what it asks for is bounded by that. */
const BEHIND_BYTES = 1024 * 1024;
/** A client that is so far behind is cut off. */
const LOST_BYTES = 64 * 1024 * 1024;
/** How long a client gets to answer a close frame, in milliseconds. */
const CLOSE_MS = 3_000;
const OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MESSAGE_MAX_BYTES,
  closeTimeout: CLOSE_MS,
};
/** A connection that is silent for so long is asked by TCP whether its client is still there, in milliseconds. */
const PEER_CHECK_MS = 60_000;

interface Opening {
  /** The request for it; its socket is no longer the server's. */
  message: IncomingMessage;
  /** What the answer carries as `webSocket`. */
  end: unknown;
  /** Of the 101 answer, beside those of the handshake. */
  headers: readonly (readonly [name: string, value: string])[];
  /** The subprotocol that the handler chose. */
  protocol: string | undefined;
  onOpen(socket: Pick<Wire, 'close'>): void;
  /** An error in one of the handler's listeners; the socket is being closed. */
  onFailure(error: unknown): void;
}

/**
 * Answers a request for a WebSocket with 101 and joins its connection with the handler's end. Resolves when it is closed
 * and the handler has heard of it; also where the request was none, and was refused.
 * @throws TypeError where `end` is no end of a pair, or in use.
 */
export async function openWebSocket(opening: Opening): Promise<void> {
  const { message, end, headers, protocol } = opening;
  if (!(end instanceof SocketEnd)) throw new TypeError('the webSocket of a response must be of a WebSocketPair');
  end.give();
  const { socket } = message;
  socket.setKeepAlive(true, PEER_CHECK_MS);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once('close', resolve);
  const server = new WebSocketServer({ ...OPTIONS, handleProtocols: () => protocol ?? false });
  server.on('headers', (lines) => lines.push(...headers.map(([name, value]) => `${name}: ${value}`)));
  let isJoined = false;
  server.handleUpgrade(message, socket, Buffer.alloc(0), (webSocket) => {
    socket.off('close', resolve);
    isJoined = true;
    join(webSocket, end, opening);
    // After the handler's own listeners.
    webSocket.on('close', () => setImmediate(resolve));
  });
  await closed;
  if (!isJoined) end[Symbol.dispose]();
}

function join(webSocket: WebSocket, end: SocketEnd, { onOpen, onFailure }: Opening): void {
  const wire = new SocketWire(webSocket);
  const arrived = end.couple(wire, webSocket.protocol, (error) => {
    onFailure(error);
    wire.fail();
  });
  webSocket.on('message', (data, isBinary) => {
    if (!wire.hasFailed) arrived({ is: 'message', data: isBinary ? bytesOf(data) : String(data) });
  });
  webSocket.on('error', (error) => arrived({ is: 'error', error }));
  webSocket.on('close', (code, reason) =>
    arrived({ is: 'close', code, reason: String(reason), wasClean: code !== 1006 }),
  );
  onOpen(wire);
}

function bytesOf(data: RawData): ArrayBuffer {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  // Of its own: a Buffer may be a part of a larger one.
  return new Uint8Array(bytes).buffer;
}

/** A client's WebSocket, which is not read from while its client does not read. */
class SocketWire implements Wire {
  readonly #socket: WebSocket;
  #isBehind = false;
  #isHeld = false;
  hasFailed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data, () => {
      if (this.#isBehind && this.#socket.bufferedAmount < BEHIND_BYTES) this.#setBehind(false);
    });
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount > LOST_BYTES) this.#socket.terminate();
    else if (!this.#isBehind && bufferedAmount > BEHIND_BYTES) this.#setBehind(true);
  }

  /** Sends the rest, then a close frame; a client that does not answer that is cut off. */
  close(code: number | undefined, reason: string): void {
    this.#socket.close(code, reason);
    // The client's close frame is to be read.
    this.#socket.resume();
  }

  /** The handler cannot go on. */
  fail(): void {
    this.hasFailed = true;
    this.close(1011, 'the handler failed');
  }

  pause(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isHeld = false;
    if (!this.#isBehind) this.#socket.resume();
  }

  #setBehind(isBehind: boolean): void {
    this.#isBehind = isBehind;
    if (isBehind) this.#socket.pause();
    else if (!this.#isHeld) this.#socket.resume();
  }
}
