import { MalformedMessage } from './header-lines.ts';
import { NameTable } from './name-table.ts';

/** How long a body is: so many bytes, or one of these. */
export const CHUNKED = -1;
export const UNTIL_CLOSE = -2;

/** What an answer's head says about its message and its connection. */
export interface Framing {
  /** Bytes of body, `CHUNKED` or `UNTIL_CLOSE`. */
  length: number;
  /** Whether the connection may carry another message after this one. */
  keepAlive: boolean;
  /** Seconds that the replica keeps an idle connection, where it says so. */
  idleSeconds: number | undefined;
}

type Known = 'content-length' | 'transfer-encoding' | 'connection' | 'keep-alive';
const KNOWN = new NameTable<Known>(
  (['content-length', 'transfer-encoding', 'connection', 'keep-alive'] as const).map((name) => [name, name]),
);
const DIGITS = /^\d{1,15}$/;
const IDLE_SECONDS = /(?:^|[,\s])timeout=(\d{1,6})(?:$|[,\s])/i;

/** Facts of a head, gathered line by line. */
class Facts {
  length: number | undefined;
  chunked = false;
  close = false;
  idleSeconds: number | undefined;

  add(name: Known, value: string): void {
    if (name === 'content-length') this.#setLength(value);
    else if (name === 'transfer-encoding') this.#setChunked(value);
    else if (name === 'connection') this.close ||= hasToken(value, 'close');
    else {
      const seconds = IDLE_SECONDS.exec(value)?.[1];
      if (seconds !== undefined) this.idleSeconds = Number(seconds);
    }
  }

  /** The same length said twice is one length. */
  #setLength(value: string): void {
    const length = DIGITS.test(value) ? Number(value) : onlyLength(value.split(','));
    if (this.length !== undefined && this.length !== length) throw new MalformedMessage('BAD_CONTENT_LENGTH');
    this.length = length;
  }

  /** We never say that we take another coding, so there is none. */
  #setChunked(value: string): void {
    if (this.chunked || value.toLowerCase() !== 'chunked') throw new MalformedMessage('BAD_TRANSFER_ENCODING');
    this.chunked = true;
  }
}

function onlyLength(values: readonly string[]): number {
  const [first = '', ...others] = values.map((value) => value.trim());
  if (!DIGITS.test(first) || others.some((other) => other !== first)) throw new MalformedMessage('BAD_CONTENT_LENGTH');
  return Number(first);
}

/**
 * Where an answer ends (RFC 9112, 6.3). Refuses what two readers could read differently: both lengths, lengths that
 * differ, codings other than chunked, chunks in HTTP/1.0.
 * @param headers name, value, …; a repeated Content-Length is made one in place.
 * @param bodiless whether an answer to this request never has a body, as to HEAD.
 */
export function framingOf(status: number, minor: number, headers: string[], bodiless: boolean): Framing {
  const facts = new Facts();
  for (let i = 0; i < headers.length; i += 2) {
    const name = KNOWN.find(headers[i] as string);
    if (name === undefined) continue;
    const isRepeated = name === 'content-length' && facts.length !== undefined;
    facts.add(name, headers[i + 1] as string);
    if (name !== 'content-length') continue;
    if (isRepeated) {
      headers.splice(i, 2);
      i -= 2;
    } else headers[i + 1] = String(facts.length);
  }
  if (facts.chunked && (facts.length !== undefined || minor === 0)) throw new MalformedMessage('AMBIGUOUS_LENGTH');
  const length = bodiless || status === 204 || status === 304 ? 0 : bodyLength(facts);
  return {
    length,
    keepAlive: minor === 1 && !facts.close && length !== UNTIL_CLOSE,
    idleSeconds: facts.idleSeconds,
  };
}

function bodyLength({ chunked, length }: Facts): number {
  return chunked ? CHUNKED : (length ?? UNTIL_CLOSE);
}

/**
 * Whether a 101 answer says what it switches to, as it must (RFC 9110, 7.8): without that some readers take it for one
 * more answer in 1xx, and what follows for the real one.
 */
export function namesProtocol(headers: readonly string[]): boolean {
  let isNamed = false;
  let isConnected = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    isNamed ||= name === 'upgrade' && headers[i + 1] !== '';
    isConnected ||= name === 'connection' && hasToken(headers[i + 1] as string, 'upgrade');
  }
  return isNamed && isConnected;
}

/** Whether a comma-separated list holds it, in any case. */
export function hasToken(list: string, token: string): boolean {
  if (list.length < token.length) return false;
  const lower = list.toLowerCase();
  if (lower === token) return true;
  return lower.includes(token) && lower.split(',').some((one) => one.trim() === token);
}
