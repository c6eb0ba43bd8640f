import type { Chance } from './chance.ts';
import { oddWord, plainWord } from './words.ts';

/** What a replica writes in answer to one request; each character is one byte. */
export interface GeneratedAnswer {
  /** Written one after the other, each as its own packet. */
  pieces: string[];
  /** Between two of them, in milliseconds; 0: none to speak of. */
  pauseMs: number;
  /** What becomes of the connection after the last piece. */
  end: 'keep' | 'end' | 'reset' | 'silent';
}

/** The header by which the client can tell whose answer it got. */
export const CASE_HEADER = 'x-case';

const answerOf = (whose: number | string) => `HTTP/1.1 200 OK\r\nX-Case: ${whose}\r\nContent-Length: 8\r\n\r\nsmuggled`;
/** Before the answer itself comes another one, of the same request. */
const INTERIM = / 10[023]( |$)/;
const bytes = (text: string) => Buffer.from(text).toString('latin1');

function statusLine(chance: Chance): string {
  const status = chance.of([
    200,
    200,
    200,
    201,
    204,
    205,
    206,
    301,
    302,
    304,
    400,
    401,
    413,
    418,
    500,
    502,
    503,
    599,
    999,
    100,
    101,
    102,
    103,
    0,
    99,
    1000,
    -1,
    'abc',
    '2O0',
    '',
  ]);
  const version = chance.yes(0.85)
    ? 'HTTP/1.1'
    : chance.of([
        'HTTP/1.0',
        'HTTP/2',
        'HTTP/1.2',
        'HTTP/0.9',
        'http/1.1',
        'ICY',
        'HTTP/1.1 ',
        ' HTTP/1.1',
        'RTSP/1.0',
        '',
      ]);
  const reason = chance.of([
    'OK',
    '',
    ' ',
    'x'.repeat(chance.int(1, 20_000)),
    bytes(oddWord(chance)).replaceAll('\n', ''),
    'OK\r',
    '\x00',
    '\xff',
  ]);
  return chance.yes(0.9)
    ? `${version} ${status} ${reason}`
    : chance.of([`${version} ${status}`, `${version}  ${status} ${reason}`, `${version}\t${status}`, reason, '']);
}

const FRAMINGS: readonly ((chance: Chance) => string)[] = [
  () => 'Content-Length: 5',
  () => 'Content-Length: 5',
  () => 'Transfer-Encoding: chunked',
  () => 'Transfer-Encoding: chunked',
  () => 'Content-Length: 0',
  () => '',
  (chance) =>
    `Content-Length: ${chance.of(['-1', '+5', '5,5', '5, 5', '0x5', '', '5 ', '99999999999999999999', '9007199254740993', '4', '6', '1e1', bytes('٥')])}`,
  () => 'Content-Length: 5\r\nContent-Length: 5',
  () => 'Content-Length: 5\r\nContent-Length: 6',
  () => 'Content-Length: 5\r\nTransfer-Encoding: chunked',
  (chance) =>
    `Transfer-Encoding: ${chance.of(['gzip, chunked', 'chunked, chunked', 'identity', 'chunked, identity', 'Chunked', ' chunked ', 'x', '', 'chunked;q=1'])}`,
  () => 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
];

const FIELDS: readonly ((chance: Chance) => string)[] = [
  (chance) =>
    `Trailer: ${chance.of(['X', 'x-a, x-b', 'Content-Length', '', 'Transfer-Encoding', bytes(oddWord(chance)).replaceAll(/[\r\n]/g, '')])}`,
  () => 'Trailer: X',
  (chance) =>
    `Connection: ${chance.of(['close', 'keep-alive', 'upgrade', 'x-case', 'close, keep-alive', 'content-length', 'transfer-encoding', '', ',,,'])}`,
  () => 'Keep-Alive: timeout=0',
  (chance) => `Upgrade: ${chance.of(['websocket', 'h2c', '', 'x'])}`,
  (chance) => `Set-Cookie: ${bytes(oddWord(chance)).replaceAll(/[\r\n]/g, '')}`,
  (chance) => `${plainWord(chance)}: ${'v'.repeat(chance.int(0, 30_000))}`,
  (chance) => `${bytes(oddWord(chance))}: 1`,
  (chance) => `X: ${bytes(oddWord(chance))}`,
  (chance) => chance.some(1, 2_000, (i) => `h${i}: 1`).join('\r\n'),
  (chance) =>
    chance.of([
      ' folded',
      '\tfolded',
      'x',
      ':',
      ': x',
      'x :y',
      'x\x00: y',
      '\x80: y',
      'x: \x00',
      'x: \x7f',
      'x: a\rb',
      'x: a\nb',
    ]),
  (chance) =>
    `X-Catnap-${chance.of(['Not-Started', 'Error', 'Request-Id', 'Cold-Start', 'X'])}: ${chance.of(['1', '', 'true', 'x'.repeat(5_000)])}`,
  (chance) =>
    `Date: ${chance.of(['x', '', 'Mon, 01 Jan 0001 00:00:00 GMT'])}\r\nServer: ${bytes(oddWord(chance)).replaceAll(/[\r\n]/g, '')}`,
  (chance) => `Link: ${chance.of(['<x>', '<x>; rel=preload', 'x', '', '<'])}`,
  (chance) => `Retry-After: ${chance.of(['0', '-1', 'x', '1e9', '999999999999'])}`,
  (chance) => `Content-Encoding: ${chance.of(['gzip', 'br', 'x', ''])}`,
  (chance) => `Sec-WebSocket-Accept: ${plainWord(chance)}`,
];

function chunkedBody(chance: Chance): string {
  const chunks = chance.some(0, 20, () => {
    const data = 'd'.repeat(chance.of([1, 1, 2, 16, 300, 5_000]));
    const size = chance.yes(0.85)
      ? data.length.toString(16)
      : chance.of(['', 'g', '-1', '0x1', 'ffffffffffffffff', '00000000000000001', '1 ', ' 1', '+1', '7fffffff']);
    const extension = chance.yes(0.2)
      ? chance.of([';a=b', ';', ';a="\\"', `;${'e'.repeat(chance.int(1, 20_000))}`, ';\x00', ' ; x'])
      : '';
    return `${size}${extension}${chance.yes(0.95) ? '\r\n' : chance.of(['\n', '\r', '', '\r\r\n'])}${data}${chance.yes(0.95) ? '\r\n' : chance.of(['\n', '', 'x\r\n'])}`;
  });
  const trailers = chance.yes(0.3) ? `${chance.some(1, 4, () => chance.of(FIELDS)(chance)).join('\r\n')}\r\n` : '';
  const last = chance.of(['0', '0', '0', '0', '00', '0;x', '', '-0', '1']);
  return `${chunks.join('')}${last}\r\n${trailers}\r\n`;
}

function body(chance: Chance, framing: string): string {
  if (/chunked/i.test(framing)) return chunkedBody(chance);
  return chance.of(['hello', 'hello', 'hell', 'hello!', '', 'h'.repeat(chance.int(1, 100_000))]);
}

function informational(chance: Chance): string {
  const status = chance.of([100, 102, 103, 103, 104, 199, 101]);
  return `HTTP/1.1 ${status} X\r\n${chance
    .some(0, 3, () => chance.of(FIELDS)(chance))
    .map((field) => `${field}\r\n`)
    .join('')}\r\n`;
}

/** Bytes by which a replica answers the case `index`: well formed, nearly so, or not at all. */
export function generateAnswer(chance: Chance, index: number): GeneratedAnswer {
  const framing = chance.of(FRAMINGS)(chance);
  const fields = chance.some(0, 4, () => chance.of(FIELDS)(chance));
  const newline = chance.yes(0.93) ? '\r\n' : chance.of(['\n', '\r', '\r\r\n']);
  const first = statusLine(chance);
  const lines = [first, `${CASE_HEADER}: ${index}`, ...(framing === '' ? [] : [framing]), ...fields];
  const head = `${lines.join(newline)}${newline}${newline}`;
  const before = chance.yes(0.15) ? chance.some(1, chance.of([2, 2, 200]), () => informational(chance)).join('') : '';
  const after = chance.yes(0.2)
    ? chance.of([answerOf(INTERIM.test(first) ? index : 'smuggled'), '\r\n', 'x', '\x00'.repeat(100)])
    : '';
  const whole = `${before}${head}${body(chance, framing)}${after}`;
  const text = chance.yes(0.15) ? whole.slice(0, chance.int(0, whole.length)) : whole;
  const pieces = chance.yes(0.1) && text.length < 600 ? [...text] : chance.pieces(text, chance.of([0, 0, 1, 6]));
  const pauseMs = chance.yes(0.05) && pieces.length < 10 ? chance.int(10, 400) : 0;
  return { pieces, pauseMs, end: chance.of(['keep', 'keep', 'keep', 'end', 'end', 'reset', 'silent']) };
}
