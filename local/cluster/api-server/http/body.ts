import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../objects/request-error.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf.ts';

const MAX_BYTES = 3 * 1024 * 1024;

/** A request's body, always text: what came as protobuf is JSON by now. */
export interface Body {
  text: string;
  /** Without parameters; empty when the client did not say. */
  mediaType: string;
}

/** The whole body. Throws a 413 past 3 MiB, and a 400 or 415 for protobuf that cannot be read. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const bytes = await readBytes(request);
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (mediaType !== PROTOBUF) return { text: bytes.toString('utf8'), mediaType };
  const text = bytes.length === 0 ? '' : JSON.stringify(decodeProtobuf(bytes));
  return { text, mediaType: 'application/json' };
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > MAX_BYTES) {
      throw new RequestError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`);
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}
