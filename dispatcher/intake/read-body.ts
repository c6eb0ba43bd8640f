import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** Bytes that all requests together may hold while they are read and stored. */
export class HeldBytes {
  readonly most: number;
  #held = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** False: there is no room, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.most) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** The body of a request; its bytes are held until it is disposed. */
export interface HeldBody extends Disposable {
  bytes: Uint8Array;
}

/** Rejects with a Refusal where it is larger than `most`, or there is no room for it; then it is not read to its end. */
export async function readBody(request: IncomingMessage, most: number, held: HeldBytes): Promise<HeldBody> {
  const tooLarge = () => new Refusal(413, 'TooLarge', `a batch has at most ${most} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Else the connection went with the rest of the body, and the answer with it.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (size + chunk.length > most) throw tooLarge();
      if (!held.take(chunk.length)) throw new Refusal(503, 'Busy', 'too much waits to be stored: try again later');
      size += chunk.length;
      chunks.push(chunk);
    }
  } catch (error) {
    held.give(size);
    throw error;
  }
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return { bytes, [Symbol.dispose]: () => held.give(size) };
}
