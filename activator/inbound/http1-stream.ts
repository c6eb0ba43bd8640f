import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';
import type { ClientBody, ClientHead, ClientStream, StreamHandler } from './client-stream.ts';
import { lingerAtMost } from './linger.ts';

/** What a request asks of its connection. */
export interface ConnectionUse {
  /** The client waits for 100 before it sends the body. */
  readonly awaitsContinue: boolean;
  /** The protocol that it asks to switch to, or null. */
  readonly upgradeTo: string | null;
  /** The server has let go of the connection behind this request. */
  readonly parted: boolean;
}

/** One request over HTTP/1.1 or 1.0, and its answer; the connection carries one at a time. */
export class Http1Stream implements ClientStream {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly awaitsContinue: boolean;
  readonly upgradeTo: string | null;
  readonly parted: boolean;
  /** Why it is not to be served, where only what the parser was reading shows that; undefined: nothing does. */
  fault: GatewayError | undefined;
  handler: StreamHandler | undefined;
  /** What had gone out over the connection when it became one for another protocol. */
  #upgradedAtBytes: number | undefined;

  constructor(response: ServerResponse, { awaitsContinue, upgradeTo, parted }: ConnectionUse) {
    this.request = response.req;
    this.response = response;
    this.awaitsContinue = awaitsContinue;
    this.upgradeTo = upgradeTo;
    this.parted = parted;
  }

  get head(): ClientHead {
    return this.request;
  }
  get body(): ClientBody {
    return this.request;
  }
  get holdsBody(): boolean {
    return false;
  }
  get begun(): boolean {
    return this.response.headersSent || this.upgraded;
  }
  get upgraded(): boolean {
    return this.#upgradedAtBytes !== undefined;
  }
  /** The client owes the rest of a body that is being read. */
  get owesBody(): boolean {
    return !this.response.headersSent && !this.request.complete && this.request.readableFlowing === true;
  }
  get takesTrailers(): boolean {
    return this.request.httpVersionMinor > 0;
  }
  get unsentBytes(): number {
    return this.response.writableLength;
  }
  get upgradedBytes(): number | undefined {
    if (this.#upgradedAtBytes === undefined) return undefined;
    return this.request.socket.bytesWritten - this.#upgradedAtBytes;
  }

  endConnection(): void {
    this.response.shouldKeepAlive = false;
  }

  informational(status: number, headers: readonly string[]): void {
    if (this.request.httpVersionMinor === 0) return;
    if (status === 100) this.response.writeContinue();
    else if (status === 102) this.response.writeProcessing();
    else if (status === 103) this.#earlyHints(headers);
  }

  begin(status: number, headers: string[], reason?: string): void {
    this.response.writeHead(status, reason, headers);
  }

  flush(): void {
    process.nextTick(flush, this.response);
  }

  write(chunk: Buffer, sent: (() => void) | undefined): boolean {
    return this.response.write(chunk, sent);
  }

  onDrain(run: () => void, failed: (error: Error) => void): void {
    this.response.on('drain', guarded('client reads on', run, failed));
  }

  end(trailers: readonly string[]): void {
    // All at once: each call replaces what the one before has set.
    if (trailers.length > 0) this.response.addTrailers(pairs(trailers));
    this.response.end();
  }

  endWith(text: string, encoding: 'latin1' | 'utf8'): void {
    this.response.end(text, encoding);
  }

  reset(): void {
    breakOff(this.response);
  }

  linger(): boolean {
    const { socket, complete } = this.request;
    if (complete || socket.destroyed) return false;
    this.request.once('end', lingerAtMost(socket));
    return true;
  }

  upgrade(headers: readonly string[]): Duplex {
    const { socket } = this.request;
    this.#upgradedAtBytes = socket.bytesWritten;
    this.response.detachSocket(socket);
    let head = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${head}connection: upgrade\r\nupgrade: ${this.request.headers.upgrade ?? ''}\r\n\r\n`, 'latin1');
    return socket;
  }

  #earlyHints(headers: readonly string[]): void {
    const link = headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === 'link');
    try {
      if (link.length > 0) this.response.writeEarlyHints({ link });
    } catch {
      // Node refuses a malformed link; a hint may be left out.
    }
  }
}

function pairs(fields: readonly string[]): [string, string][] {
  const made: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) made.push([fields[i] as string, fields[i + 1] as string]);
  return made;
}

const flush = guarded(
  'answer flush',
  (response: ServerResponse) => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  },
  (_error, response) => breakOff(response),
);

/** A closed connection is how a client of HTTP/1 sees that the rest of an answer is missing. */
function breakOff(response: ServerResponse): void {
  const { socket, req } = response;
  // In HTTP/1.0 the end of the connection is the end of the answer, unless it is reset.
  if (req.httpVersionMinor === 0 && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
  response.destroy();
  // The response has let go of it where all was written, or the protocol was switched.
  req.socket.destroy();
}
