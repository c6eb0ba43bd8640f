import type { IncomingMessage } from 'node:http';
import type { Exchange } from '../http/exchange.ts';
import { Refused } from './refusal.ts';

/**
 * Most that a request's body may have where its function is given all of it at once, in bytes: what Cloud Functions lets
 * through; Lambda's own limit is 6 MB. A larger body needs a handler that reads a stream, such as a web handler.
 */
export const BODY_MAX_BYTES = 32 * 1024 * 1024;

/**
 * Reads a request's whole body, as it was sent; empty where there is none. The message can be read once more.
 * @throws Refused (413) where it is too large; what is left of it is not read here.
 */
export async function wholeBody(exchange: Exchange): Promise<Buffer> {
  const { message } = exchange;
  const { 'content-length': length, 'transfer-encoding': encoding } = message.headers;
  if (encoding === undefined && (length === undefined || length === '0')) return Buffer.alloc(0);
  if (Number(length ?? 0) > BODY_MAX_BYTES) throw tooLarge();
  exchange.admitBody();
  return await collect(message);
}

function tooLarge(): Refused {
  return new Refused(413, 'BodyTooLarge', `the body is larger than ${BODY_MAX_BYTES / 1024 / 1024} MiB`);
}

/** Leaves the bytes in the message, so that a handler may read them as a stream all the same. */
function collect(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const take = () => {
    for (let chunk: Buffer | null = message.read(); chunk !== null; chunk = message.read()) {
      chunks.push(chunk);
      size += chunk.length;
    }
    if (size > BODY_MAX_BYTES) reject(tooLarge());
    else if (message.complete) {
      const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
      // In the same turn: the message has not emitted its end yet.
      if (size > 0) message.unshift(all);
      resolve(all);
    }
  };
  const broken = () => reject(new Error('the client left before its body had come'));
  message.on('readable', take).once('error', broken).once('close', broken);
  return promise.finally(() => message.off('readable', take).off('error', broken).off('close', broken));
}
