import { type IncomingMessage, request } from 'node:http';
import { Duplex } from 'node:stream';
import type { GeneratedResponse } from '../generate/responses.ts';
import type { Informed, Outcome } from './outcome.ts';

/** More than any answer here has, so that only the other reader's bound counts. */
const HEADER_MAX_BYTES = 1 << 20;

/** A connection whose other side says `pieces`, one after the other, and hears nothing. */
class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  say(pieces: readonly string[]): void {
    for (const piece of pieces) if (!this.destroyed) this.push(piece, 'latin1');
    if (!this.destroyed) this.push(null);
  }
}

/** node:http's client, whose parser is llhttp, on a connection that gives it `pieces` and then ends. */
export function readByNodeClient({ method, upgrade }: GeneratedResponse, pieces: readonly string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const wire = new Wire();
  const informed: Informed[] = [];
  let refusal = 'INCOMPLETE';
  const note = (error: NodeJS.ErrnoException) => {
    refusal = error.code ?? error.message;
  };
  const asked = request({
    host: 'replica',
    method,
    headers: upgrade ? { connection: 'upgrade', upgrade: 'websocket' } : {},
    maxHeaderSize: HEADER_MAX_BYTES,
    createConnection: () => wire,
  });
  asked.maxHeadersCount = 0;
  asked
    .on('socket', () => wire.say(pieces))
    .on('information', (info) => informed.push({ status: info.statusCode, headers: info.rawHeaders }))
    .on('response', (response) => take(response, informed, resolve))
    .on('error', note)
    .on('close', () => setImmediate(() => resolve({ kind: 'refused', code: refusal })))
    .end();
  if (upgrade)
    asked.on('upgrade', (response, socket) => {
      resolve({ kind: 'switched', informed, headers: response.rawHeaders });
      socket.destroy();
    });
  return promise;
}

function take(response: IncomingMessage, informed: Informed[], resolve: (outcome: Outcome) => void): void {
  const pieces: Buffer[] = [];
  response
    .on('data', (piece: Buffer) => pieces.push(piece))
    .on('error', () => undefined)
    .on('end', () => {
      if (!response.complete) return;
      resolve({
        kind: 'answered',
        informed,
        status: response.statusCode ?? 0,
        reason: response.statusMessage ?? '',
        headers: response.rawHeaders,
        body: Buffer.concat(pieces).toString('latin1'),
        trailers: response.rawTrailers,
      });
    });
}
