/** The bytes are no HTTP/1.1 message that may be passed on. `code` says what was wrong, for logs. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
  readonly code: string;

  /** @param code one word, such as `BAD_CHUNK_SIZE`. */
  constructor(code: string) {
    super(`malformed message: ${code}`);
    this.code = code;
  }
}

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const DEL = 0x7f;

/** 1 for the characters of a token (RFC 9110, 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1;
}

/** Whether a character of this code may stand in a token. */
export function isToken(code: number): boolean {
  return TOKEN[code] === 1;
}

/** 1 for what may stand in a field value or a reason phrase: visible, a blank, or obs-text; no other control character. */
const FIELD = new Uint8Array(256).map((_, code) => (code < SPACE ? Number(code === HTAB) : Number(code !== DEL)));

/** Whether nothing in it could begin another line, or be taken for something else by a lenient reader. */
export function isFieldText(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (FIELD[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/**
 * Header lines, each ended by CRLF, as name, value, name, value, … in their order and spelling; blanks around values are
 * taken off. Refuses folded lines, blanks before the colon, bare CR or LF and all other control characters.
 * @param text latin1; lines lie between `from` and `to`.
 */
export function parseHeaderLines(text: string, from: number, to: number): string[] {
  const pairs: string[] = [];
  let at = from;
  while (at < to) {
    const nameAt = at;
    while (TOKEN[text.charCodeAt(at)] === 1) at += 1;
    if (at === nameAt || text.charCodeAt(at) !== COLON) throw new MalformedMessage(nameFault(text, nameAt));
    const name = text.slice(nameAt, at);
    const valueAt = at + 1;
    at = endOfLine(text, valueAt);
    pairs.push(name, trimmed(text, valueAt, at));
    at += 2;
  }
  return pairs;
}

function nameFault(text: string, nameAt: number): string {
  const first = text.charCodeAt(nameAt);
  return first === SPACE || first === HTAB ? 'FOLDED_LINE' : 'BAD_HEADER_NAME';
}

/** Where the CR of its CRLF is; all before it may stand in a field. */
export function endOfLine(text: string, from: number): number {
  let at = from;
  while (FIELD[text.charCodeAt(at)] === 1) at += 1;
  if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) throw new MalformedMessage('BAD_CHARACTER');
  return at;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === HTAB;
}
