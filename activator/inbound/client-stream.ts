import type { Duplex } from 'node:stream';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Entry } from '../errors/guarded-entries.ts';

/** What a request's head says. Node's IncomingMessage has all of it, and so has its Http2ServerRequest. */
export interface ClientHead {
  readonly method?: string | undefined;
  /** The target as it came: path and query, or an address of http, or `*`. */
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  /** Name, value, name, value, … as the client spelled them. */
  readonly rawHeaders: string[];
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of what is delivered later than it was accepted: which invocation it is, and which of its attempts, from 1. */
  readonly invocation?: { readonly id: string; readonly attempt: number };
}

/** A request's body: a paused stream, with the back-pressure of one. Node's IncomingMessage and Http2ServerRequest are some. */
export interface ClientBody {
  /** All of it has come. */
  readonly complete: boolean;
  /** Name, value, name, value, …; empty before the end. */
  readonly rawTrailers: string[];
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What serves a stream's request. */
export interface StreamHandler {
  /** The request is answered, or cannot be any more. */
  readonly over: boolean;
  /** The client went wrong while its request was being served. */
  reject(failure: GatewayError): void;
  /** No more can be sent: the connection is closed, or the whole answer has left. */
  onClosed(): void;
  /** Something threw while the stream was being dealt with. */
  crash(entry: Entry, error: unknown): void;
}

/**
 * One request of a client and the answer to it, whatever version of HTTP carries them. The answer is `begin`, then any
 * number of `write`, then one of `end` and `endWith`; `reset` may come at any time. What comes after the last call, or
 * after the client has closed its connection, is dropped.
 *
 * An implementation for HTTP/2 maps a stream of that protocol onto this. It has to
 * - leave out what belongs to a connection of HTTP/1 (`connection`, `keep-alive`, the reason phrase), write names of fields
 *   in lower case, and make `headers.host` and the target of `:authority` and `:path`, before they are validated;
 * - send GOAWAY for `endConnection`, which has to let the other streams of the connection finish;
 * - pass every 1xx on, as a HEADERS frame, but 101, which HTTP/2 has not;
 * - report as `unsentBytes` what flow control holds back of this stream, and call `onDrain` when WINDOW_UPDATE lets it go;
 * - give the credit of `body` back only as it is read, or pausing one stream would not slow its client down;
 * - send RST_STREAM for `reset` (INTERNAL_ERROR), and for `linger` (NO_ERROR, after the answer; RFC 9113, 8.1), where HTTP/1
 *   can only close the connection;
 * - answer 200 to an extended CONNECT for `upgrade` (RFC 8441), with the stream itself as the duplex.
 */
export interface ClientStream {
  readonly head: ClientHead;
  readonly body: ClientBody;
  /** All of the body is in memory: it may be sent again, however long it is, until a replica has had it for a while. */
  readonly holdsBody: boolean;
  /** The client waits for 100 before it sends the body. */
  readonly awaitsContinue: boolean;
  /** The protocol that the client asks to switch to, or null. */
  readonly upgradeTo: string | null;
  /** Undefined until the request's turn has come and something serves it. */
  handler: StreamHandler | undefined;
  /** Why the request is not to be served, where its head alone does not show that; undefined: nothing is known. */
  readonly fault: GatewayError | undefined;

  /** Whether the head of the answer has left, or the protocol was switched: no other answer can be given. */
  readonly begun: boolean;
  /** Whether trailers can follow the answer's body: HTTP/1.0 has none. */
  readonly takesTrailers: boolean;
  /** Bytes that were written and that the client's connection has not taken yet. */
  readonly unsentBytes: number;
  /** Bytes written since `upgrade`, the head of that answer included; undefined without one. */
  readonly upgradedBytes: number | undefined;

  /** The connection is to end with this answer. To be called before `begin`. */
  endConnection(): void;
  /** A 1xx answer that goes ahead; left out where the client could not read it. @param headers name, value, … */
  informational(status: number, headers: readonly string[]): void;
  /** The head; it leaves with the first bytes that follow. @param reason undefined: the usual one */
  begin(status: number, headers: string[], reason?: string): void;
  /** The head leaves in the next tick, if nothing has followed it until then. */
  flush(): void;
  /**
   * A piece of the body. False: the client is slower; the piece is kept all the same.
   * @param sent called once when the piece has left, or never will.
   */
  write(chunk: Buffer, sent: (() => void) | undefined): boolean;
  /** `run` is called each time that all has left after a `write` which returned false; `failed`, with what it throws. */
  onDrain(run: () => void, failed: (error: Error) => void): void;
  /** @param trailers name, value, …; left out where the answer can have none. */
  end(trailers: readonly string[]): void;
  /** The last piece of the body, or all of it. */
  endWith(text: string, encoding: 'latin1' | 'utf8'): void;
  /** Breaks off at once, so that the client can see that the rest is missing. */
  reset(): void;
  /**
   * Lingering close: the rest of a body is not wanted, and yet it has to be read over for a while, for the client to see the
   * answer. Bounds that in time and bytes; `body` has to be read meanwhile. False: there is no rest.
   */
  linger(): boolean;
  /** Switches to the protocol asked for. Returns the bytes of both sides from there on. @param headers name, value, … */
  upgrade(headers: readonly string[]): Duplex;
}
