import type { Socket } from 'node:net';

/** The error with which Node's parser stops where a connection begins as HTTP/2 does (RFC 9113, 3.4). */
export const PREFACE_SEEN = 'HPE_PAUSED_H2_UPGRADE';
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Takes a connection that Node's server of HTTP/1.1 cannot read. */
export type Takeover = (socket: Socket, firstBytes: Buffer) => void;

export interface ParseError extends Error {
  code?: string;
  /** The packet in which it is, and how much of it was understood. */
  rawPacket?: Buffer;
  bytesParsed?: number;
}

/**
 * Hands a connection over that began with the preface of HTTP/2, all its bytes from the first one included; true: it
 * did. It costs other connections nothing: the parser has to see their first bytes anyway.
 * @param error as the server's `clientError` gives it
 */
export function handOver(error: ParseError, socket: Socket, to: Takeover): boolean {
  const { code, rawPacket = PREFACE, bytesParsed = 0 } = error;
  if (code !== PREFACE_SEEN) return false;
  // Only at the beginning: after a request of HTTP/1.1 there is no way to another protocol but an upgrade.
  const rest = rawPacket.subarray(bytesParsed);
  if (socket.bytesRead - rest.length !== PREFACE.length) return false;
  // Node detaches its parser from a socket that gets a listener for its data.
  socket.on('data', ignore);
  for (const event of ['data', 'end', 'drain', 'timeout']) socket.removeAllListeners(event);
  socket.pause();
  to(socket, Buffer.concat([PREFACE, rest]));
  return true;
}

/**
 * Asks a client with prior knowledge of HTTP/2 to use HTTP/1.1: an empty SETTINGS frame, which has to be the
 * first, and GOAWAY with HTTP_1_1_REQUIRED.
 */
export function requireHttp1(socket: Socket): void {
  const text = 'this gateway speaks HTTP/1.1 only';
  const head = [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8 + text.length, 7, 0, 0, 0, 0, 0];
  const lastStream = [0, 0, 0, 0];
  const http11Required = [0, 0, 0, 0xd];
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', ignore).resume();
  socket.end(Buffer.concat([Buffer.from([...head, ...lastStream, ...http11Required]), Buffer.from(text)]));
}

/** Lingering close: time for the client to read that. */
const LINGER_MS = 1_000;

function ignore(): void {}
