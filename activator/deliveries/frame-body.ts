import type { IncomingMessage } from 'node:http';
import { guarded } from '../errors/guarded-entries.ts';

/** Why there is no whole body. */
export type BodyFault = 'too large' | 'full' | 'broken';

/** Of all bodies that are being read, together. */
const READING_MAX_BYTES = 64 * 1024 * 1024;

/** Reads bodies, bounded in what each may be and in what all of them hold meanwhile. */
export class BodyReader {
  readonly #most: number;
  #reading = 0;

  /** @param most bytes of one */
  constructor(most: number) {
    this.#most = most;
  }

  /** Never rejects. After a fault the rest of the body is not read: the connection has to end. */
  read(request: IncomingMessage): Promise<Buffer | BodyFault> {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > this.#most) return Promise.resolve('too large');
    const chunks: Buffer[] = [];
    let bytes = 0;
    const { promise, resolve } = Promise.withResolvers<Buffer | BodyFault>();
    const settle = (result: Buffer | BodyFault) => {
      this.#reading -= bytes;
      bytes = 0;
      chunks.length = 0;
      request.off('data', onData).pause();
      resolve(result);
    };
    const onData = guarded(
      'delivery bytes',
      (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        this.#reading += chunk.length;
        if (bytes > this.#most) settle('too large');
        else if (this.#reading > READING_MAX_BYTES) settle('full');
      },
      () => settle('broken'),
    );
    const onEnd = guarded(
      'delivery bytes',
      () => settle(Buffer.concat(chunks)),
      () => settle('broken'),
    );
    const onBroken = guarded('delivery bytes', () => settle('broken'));
    request.on('data', onData).on('end', onEnd).on('close', onBroken);
    return promise;
  }
}
