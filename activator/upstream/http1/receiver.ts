import type { Socket } from 'node:net';

/** A request on its way out. */
export interface Outgoing {
  method: string;
  /** All of it, with the empty line. */
  head: string;
  /** What follows the head, by `write` and `finish`. */
  body: 'none' | 'length' | 'chunked';
  /** Whether 101 is an answer that makes sense. */
  upgrade: boolean;
}

/** Who gets the answer. The last call is one of `whole`, `end`, `switched`, `failed`; none after `destroy`. */
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
  /** The socket is the receiver's from now on, as a stream that begins after the answer's head. */
  switched(headers: string[], socket: Socket): void;
  failed(error: Error): void;
  /** More of the body may be written. */
  drained(): void;
}
