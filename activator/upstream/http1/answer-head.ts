import { type Framing, framingOf } from './framing.ts';
import { endOfLine, MalformedMessage, parseHeaderLines } from './header-lines.ts';

/** The first lines of an answer. */
export interface AnswerHead {
  status: number;
  reason: string;
  /** Name, value, name, value, … */
  headers: string[];
  framing: Framing;
}

const PREFIX = 'HTTP/1.';
const ZERO = 0x30;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * @param text latin1, from the status line on.
 * @param end where the empty line is that ends the head, without the CRLF of the line before.
 * @param bodiless whether answers to this request have no body.
 */
export function parseAnswerHead(text: string, end: number, bodiless: boolean): AnswerHead {
  const minor = text.charCodeAt(7) - ZERO;
  const status = statusAt(text, 9);
  if (!text.startsWith(PREFIX) || (minor !== 0 && minor !== 1) || text.charCodeAt(8) !== SPACE || status < 100) {
    throw new MalformedMessage('BAD_STATUS_LINE');
  }
  const lineEnd = endOfLine(text, 12);
  if (lineEnd > 12 && text.charCodeAt(12) !== SPACE) throw new MalformedMessage('BAD_STATUS_LINE');
  const reason = lineEnd > 13 ? text.slice(13, lineEnd) : '';
  const headers = parseHeaderLines(text, lineEnd + 2, end + 2);
  return { status, reason, headers, framing: framingOf(status, minor, headers, bodiless) };
}

/** Three digits; negative when they are not. */
function statusAt(text: string, at: number): number {
  let status = 0;
  for (let i = at; i < at + 3; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    status = status * 10 + digit;
  }
  return status;
}

/**
 * What can be said of a head that is not all there yet: refuses what cannot become one, so that a server of another
 * protocol is not waited for.
 * @param from what lies before was looked at already.
 */
export function checkPartialHead(text: string, from: number): void {
  if (!text.startsWith(PREFIX.slice(0, text.length))) throw new MalformedMessage('BAD_STATUS_LINE');
  refuseBareLf(text, from);
}

/** @param from what lies before was looked at already. */
export function refuseBareLf(text: string, from: number): void {
  for (let at = text.indexOf('\n', from); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) !== CR) throw new MalformedMessage('BAD_CHARACTER');
  }
}
