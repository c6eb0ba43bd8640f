import type { Duplex } from 'node:stream';

/** What follows a request's head: no body, one with a Content-Length among the headers, or one of unknown length. */
export type BodyFraming = 'none' | 'length' | 'chunked';

/** What a replica is asked. */
export interface UpstreamHead {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Name, value, name, value, … as they are to be sent; without those that frame the body in chunks or upgrade. */
  readonly outHeaders: readonly string[];
  readonly framing: BodyFraming;
  /** The protocol to switch to, such as `websocket`, or null. */
  readonly upgrade: string | null;
}

/** Gets the answer. The last call is one of `whole`, `end`, `switched`, `failed`; none after `destroy` of the stream. */
export interface Receiver {
  informational(status: number, headers: string[]): void;
  head(status: number, reason: string, headers: string[]): void;
  /** An answer in one piece, instead of `head`, `data` and `end`. @param body as latin1. */
  whole(status: number, reason: string, headers: string[], body: string): void;
  /**
   * False: no more until `resume`.
   * @param letGo to be called once, when the chunk is not needed any more; undefined: it is the receiver's for ever.
   */
  data(chunk: Buffer, letGo: (() => void) | undefined): boolean;
  end(trailers: string[]): void;
  /** The bytes of both sides are the receiver's from now on, beginning after the answer's head. */
  switched(headers: string[], replica: Duplex): void;
  failed(error: Error): void;
  /** More of the body may be written. */
  drained(): void;
}

/**
 * One request to a replica and the answer to it. Over HTTP/1 it is the connection itself, which carries one at a time;
 * over HTTP/2 it would be one of several streams of a connection, where `destroy` sends RST_STREAM, `sip` makes the
 * flow-control window small, and `unsent` holds also for a stream that GOAWAY names as not processed.
 */
export interface UpstreamStream {
  /** Its connection has carried another request before, so the replica may just have closed it for being idle. */
  readonly reused: boolean;
  /** No byte of the request can have reached the replica. */
  readonly unsent: boolean;
  /** A byte of an answer has come. */
  readonly answering: boolean;
  /** A piece of the body. False: no more until the receiver's `drained` is called. */
  write(chunk: Buffer): boolean;
  /** The body is whole. @param trailers name, value, …; only a body of unknown length can have some. */
  finish(trailers: readonly string[]): void;
  /** The receiver takes more of the answer. */
  resume(): void;
  /** The rest of the answer is to come in small pieces. */
  sip(): void;
  /** The answer was received whole: the connection may carry other requests. */
  release(): void;
  /** Ends it at once; the receiver is called no more. */
  destroy(): void;
}

/** A replica, as requests are sent to it; pools of idle connections, dialling and multiplexing are behind it. */
export interface Upstream {
  /**
   * Sends the request; the receiver is not called before this has returned.
   * @param onFresh over a connection that has carried no request yet; false: over any
   * @throws when something in the head could be read as a line of its own.
   */
  open(head: UpstreamHead, receiver: Receiver, onFresh: boolean): UpstreamStream;
}
