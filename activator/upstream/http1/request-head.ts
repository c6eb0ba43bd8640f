import type { BodyFraming } from '../upstream-stream.ts';
import { isFieldText } from './header-lines.ts';

/** A request as a connection carries it. */
export interface Http1Request {
  readonly method: string;
  /** All of it, with the empty line. */
  readonly head: string;
  /** What follows the head, by `write` and `finish`. */
  readonly body: BodyFraming;
  /** Whether 101 is an answer that makes sense. */
  readonly upgrade: boolean;
}

/**
 * The head of a request as it goes over the wire, in latin1. `Connection` is not to be among the headers: a connection is
 * kept unless its other side ends it.
 * @param headers name, value, name, value, …
 * @param upgrade the protocol to switch to, or null.
 * @throws when something in it could be read as a line of its own.
 */
export function requestHead(
  method: string,
  path: string,
  headers: readonly string[],
  { framing, upgrade }: { framing: BodyFraming; upgrade: string | null },
): string {
  if (!isTarget(path)) throw new TypeError('the path has a character that no request line can have');
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!isFieldText(name) || !isFieldText(value)) throw new TypeError(`the header ${JSON.stringify(name)} is none`);
    head += `${name}: ${value}\r\n`;
  }
  if (framing === 'chunked') head += 'transfer-encoding: chunked\r\n';
  if (upgrade !== null) head += `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
  return `${head}\r\n`;
}

/** Trailers and the end of a body in chunks. @param trailers name, value, … */
export function lastChunk(trailers: readonly string[]): string {
  let text = '0\r\n';
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string;
    const value = trailers[i + 1] as string;
    if (isFieldText(name) && isFieldText(value)) text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

/** A blank would end it within the request line. */
function isTarget(path: string): boolean {
  return isFieldText(path) && !path.includes(' ') && !path.includes('\t');
}
