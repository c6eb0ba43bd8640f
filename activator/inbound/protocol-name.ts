import type { IncomingMessage } from 'node:http';
import type { GatewayError } from '../errors/gateway-error.ts';
import { guarded } from '../errors/guarded-entries.ts';

/** Of Node's own: a copy of what its parser reads now, up to 64 KiB; undefined or empty while it reads nothing. */
type Parser = { getCurrentBuffer?: () => Buffer | undefined } | null | undefined;

const NOT_HTTP: GatewayError = { code: 'BadRequest', message: 'the protocol of the request has to be HTTP, not RTSP' };
const RTSP = Buffer.from(' RTSP/');

/**
 * Finds requests of RTSP on one connection. Node's parser takes that name for the one of HTTP, in any version, and does
 * not tell which it was, so request lines are looked for in what it reads. A look copies the read; so there is one for the
 * first read of a connection and one for each later read in which a request of version 1.0 ends, however many requests
 * are in it. What is not found is served, and passed on, as HTTP: a line that came in an earlier read than the end of its
 * head, or in a later read as version 1.1, and requests that are parsed later than the others of their read.
 */
export class ProtocolWatch {
  /** What had been read of the connection at the last look, in bytes. */
  #lookedAt = 0;
  /** `method target` of each request line of RTSP in that read, until the parser is through with it. */
  #found: readonly string[] | undefined;
  readonly #onForget = guarded('client request', () => {
    this.#found = undefined;
  });

  /** Why a request is none of HTTP; undefined: nothing says so. To be asked while the parser calls for the request. */
  faultOf(request: IncomingMessage): GatewayError | undefined {
    const { bytesRead } = request.socket;
    const isNew = bytesRead !== this.#lookedAt;
    if (isNew && (this.#lookedAt === 0 || request.httpVersionMinor === 0)) this.#look(request, bytesRead);
    return this.#found?.includes(`${request.method} ${request.url}`) ? NOT_HTTP : undefined;
  }

  #look({ socket }: IncomingMessage, bytesRead: number): void {
    const { parser } = socket as { parser?: Parser };
    const found = rtspLinesIn(parser?.getCurrentBuffer?.());
    this.#lookedAt = bytesRead;
    if (found.length === 0) return;
    this.#found = found;
    // They may be as long as the read, which is not counted in what clients hold.
    setImmediate(this.#onForget);
  }
}

/**
 * `method target` of all lines that are request lines of RTSP. A target has no blank in it, so of each line only the first
 * place counts, and the time is linear in `bytes`, whatever they are.
 */
export function rtspLinesIn(bytes: Buffer = Buffer.alloc(0)): string[] {
  const lines: string[] = [];
  let at = bytes.indexOf(RTSP);
  while (at >= 0) {
    const line = bytes.toString('latin1', bytes.lastIndexOf('\n', at) + 1, at);
    const [, method, target] = /^([A-Z_-]+) +([^ ]+) *$/.exec(line) ?? [];
    if (method !== undefined) lines.push(`${method} ${target}`);
    const end = bytes.indexOf('\n', at);
    at = end < 0 ? -1 : bytes.indexOf(RTSP, end);
  }
  return lines;
}
