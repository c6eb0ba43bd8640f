import type { Chance } from './chance.ts';
import { oddWord, plainWord } from './words.ts';

/** What a client writes to one connection; each character is one byte. */
export interface GeneratedRequests {
  /** Written one after the other, each as its own packet. */
  pieces: string[];
  /** Between two of them, in milliseconds; 0: none to speak of. */
  pauseMs: number;
  /** Requests there are, where all of them are whole and well formed, so that each is owed an answer; 0: not known. */
  owed: number;
  /** What the client does after the last piece: waits, ends its side, or goes away. */
  end: 'wait' | 'end' | 'reset';
}

/** Every path of the case `index` holds it, also of what may be taken for a request by mistake. */
const pathOf = (index: number, request: number | string) => `/case/${index}/${request}`;

export interface RequestTargets {
  /** Host of the function that is attacked. */
  host: string;
  /** Host of another's function. */
  other: string;
}

const bytes = (text: string) => Buffer.from(text).toString('latin1');
const METHODS = [
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PRI',
  'get',
  'G T',
  '',
  'M'.repeat(300),
];

function target(chance: Chance, path: string, { host, other }: RequestTargets): string {
  if (chance.yes(0.7)) return path;
  return chance.of([
    `http://${host}${path}`,
    `http://${other}${path}`,
    `https://${host}:443${path}`,
    `//${other}${path}`,
    '*',
    host,
    `${host}:80`,
    `${path}?${'q=1&'.repeat(chance.int(1, 3_000))}`,
    `${path}#x`,
    `${path}/../../${other}`,
    `/fn/default/hello${path}`,
    `/fn/default/victim/..${path}`,
    `/.catnap/ready`,
    `${path}\\x`,
    `${path}%00`,
    `${path}${bytes(oddWord(chance)).replaceAll(/[\r\n]/g, '')}`,
    '',
    path.slice(1),
    `${path} ${path}`,
  ]);
}

const FIELDS: readonly ((chance: Chance, targets: RequestTargets) => string)[] = [
  (chance) =>
    `Connection: ${chance.of(['close', 'keep-alive', 'Upgrade', 'X-A, close', 'Host', 'Content-Length', 'Transfer-Encoding', ',,', 'TE, trailers'])}`,
  (chance) => `Connection: Upgrade\r\nUpgrade: ${chance.of(['h2c', 'websocket', 'websocket', 'x', 'TLS/1.0', ''])}`,
  () =>
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  () => 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  (chance) => `Expect: ${chance.of(['100-continue', '100-Continue', 'x', '', '100-continue, x'])}`,
  (_, { other }) => `Host: ${other}`,
  (chance) => `Host: ${chance.of(['', 'x', 'a b', '[::1', 'localhost', '127.0.0.1', '@'])}`,
  (chance) =>
    `X-Catnap-${chance.of(['Not-Started', 'Request-Id', 'Function', 'Error', plainWord(chance)])}: ${chance.of(['1', '', 'x'.repeat(3_000)])}`,
  (chance) =>
    chance.of([
      'X-Forwarded-For: 1.1.1.1',
      'X-Forwarded-Host: evil',
      'X-Forwarded-Proto: x',
      'Forwarded: for="[::1]";host=evil',
      'X-Forwarded-For: ,,,',
      'Via: 1.1 x',
    ]),
  (chance) => `Cookie: ${'a=1;'.repeat(chance.int(1, 5_000))}`,
  (chance) => chance.some(1, 1_500, (i) => `h${i}: 1`).join('\r\n'),
  (chance) => `${bytes(oddWord(chance))}: 1`,
  (chance) => `X: ${bytes(oddWord(chance))}`,
  (chance) =>
    chance.of([' folded', '\tfolded', ':', 'x', 'x : y', 'x\x00: y', 'x: a\rb', 'x: a\nb', 'x: \x7f', '\x80: 1']),
  (chance) => `TE: ${chance.of(['trailers', 'gzip', 'x;q=2'])}`,
  (chance) => `Trailer: ${chance.of(['X', 'Host', 'Content-Length'])}`,
  (chance) => `Range: ${chance.of(['bytes=0-', 'bytes=-1', `bytes=${'0-,'.repeat(500)}`])}`,
  (chance) => `Accept-Encoding: ${chance.of(['gzip', '*', bytes(oddWord(chance)).replaceAll(/[\r\n]/g, '')])}`,
  (chance) => `Max-Forwards: ${chance.of(['0', '-1', 'x'])}`,
  (chance) =>
    `Traceparent: ${chance.of(['x', '00-00000000000000000000000000000000-0000000000000000-00', bytes(oddWord(chance)).replaceAll(/[\r\n]/g, '')])}`,
];

function sizedBody(chance: Chance, inner: string): string {
  const body = chance.of(['hello', '', inner, 'b'.repeat(chance.int(1, 60_000))]);
  const length = chance.yes(0.8)
    ? String(body.length)
    : chance.of([
        String(body.length + 1),
        String(Math.max(0, body.length - 1)),
        '-1',
        '+5',
        '0x5',
        '5, 5',
        '',
        '9007199254740993',
        '99999999999999999999',
        '1e1',
        bytes('٥'),
      ]);
  return `Content-Length: ${length}\r\n\r\n${body}`;
}

function chunkedBody(chance: Chance, inner: string): string {
  const chunks = chance.some(0, 30, () => {
    const data = chance.of(['d', 'dd', 'd'.repeat(300), inner]);
    const size = chance.yes(0.9)
      ? data.length.toString(16)
      : chance.of(['', 'g', '-1', '0x1', 'ffffffffffffffff', ' 1', '+1', '1 ']);
    const extension = chance.yes(0.15)
      ? chance.of([';a=b', ';', ';a="\\"', `;${'e'.repeat(chance.int(1, 20_000))}`, ';\x00'])
      : '';
    return `${size}${extension}${chance.yes(0.95) ? '\r\n' : chance.of(['\n', '\r', ''])}${data}\r\n`;
  });
  const coding = chance.yes(0.8)
    ? 'chunked'
    : chance.of([
        'Chunked',
        'gzip, chunked',
        'chunked, identity',
        'identity',
        'x',
        ' chunked',
        'chunked\r\nTransfer-Encoding: chunked',
        'chunked\r\nContent-Length: 5',
        '\x0bchunked',
      ]);
  const trailers = chance.yes(0.2)
    ? chance.of(['X: 1\r\n', 'Host: x\r\n', 'Content-Length: 5\r\n', 'Connection: close\r\n', 'x\r\n', ' x: 1\r\n'])
    : '';
  return `Transfer-Encoding: ${coding}\r\n\r\n${chunks.join('')}${chance.of(['0', '0', '0', '00', '', '-0'])}\r\n${trailers}\r\n`;
}

function request(chance: Chance, path: string, targets: RequestTargets): string {
  const version = chance.yes(0.9)
    ? 'HTTP/1.1'
    : chance.of(['HTTP/1.0', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'RTSP/1.0', '']);
  const newline = chance.yes(0.95) ? '\r\n' : chance.of(['\n', '\r', '\r\r\n']);
  const method = chance.of(METHODS);
  const host = chance.yes(0.93) ? [`Host: ${targets.host}`] : [];
  const fields = chance.some(0, 3, () => chance.of(FIELDS)(chance, targets));
  const head = [`${method} ${target(chance, path, targets)} ${version}`, ...host, ...fields].join(newline) + newline;
  const inner = `GET ${path}-inner HTTP/1.1\r\nHost: ${targets.other}\r\n\r\n`;
  const hasBody = chance.yes(/^(?:POST|PUT|PATCH)$/.test(method) ? 0.9 : 0.15);
  if (!hasBody) return head + newline;
  return (
    head +
    chance.oneOf(
      () => sizedBody(chance, inner),
      () => chunkedBody(chance, inner),
    )
  );
}

/** What the client of the case `index` writes: requests in a row, well formed, nearly so, or not at all. */
export function generateRequests(chance: Chance, index: number, targets: RequestTargets): GeneratedRequests {
  const count = chance.of([1, 1, 2, 3, 8, 60]);
  const requests = Array.from({ length: count }, (_, i) =>
    count > 3 && chance.yes(0.8)
      ? `GET ${pathOf(index, i)} HTTP/1.1\r\nHost: ${targets.host}\r\n\r\n`
      : request(chance, pathOf(index, i), targets),
  );
  const whole = chance.yes(0.05)
    ? bytes(oddWord(chance)) + requests.join('')
    : requests.join(chance.yes(0.95) ? '' : '\r\n');
  const text = chance.yes(0.15) ? whole.slice(0, chance.int(0, whole.length)) : whole;
  const pieces = chance.yes(0.1) && text.length < 800 ? [...text] : chance.pieces(text, chance.of([0, 0, 1, 8]));
  const pauseMs = chance.yes(0.05) && pieces.length < 10 ? chance.int(10, 400) : 0;
  return { pieces, pauseMs, owed: 0, end: chance.of(['wait', 'wait', 'wait', 'end', 'reset']) };
}

/** Of requests that every server takes. */
const ORDERLY: readonly string[] = [
  'Connection: keep-alive',
  'Connection: Upgrade\r\nUpgrade: h2c',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Connection: Upgrade\r\nUpgrade: x/1',
  'Connection: X-Mine\r\nX-Mine: 1',
  'TE: trailers\r\nConnection: TE',
  'Expect: 100-continue',
  'X: 1',
  'Cookie: a=1',
];

/** Requests in a row that are all well formed, however unusual: each has to get its own answer. */
export function generateOrderly(chance: Chance, index: number, { host }: RequestTargets): GeneratedRequests {
  const owed = chance.of([1, 2, 3, 8, 60]);
  const requests = Array.from({ length: owed }, (_, i) => {
    const fields = chance.yes(owed > 8 ? 0.02 : 0.4) ? `${chance.of(ORDERLY)}\r\n` : '';
    const line = (method: string) => `${method} ${pathOf(index, i)} HTTP/1.1\r\nHost: ${host}\r\n${fields}`;
    return chance.oneOf(
      () => `${line('GET')}\r\n`,
      () => `${line(chance.of(['HEAD', 'OPTIONS', 'DELETE']))}\r\n`,
      () => `${line('POST')}Content-Length: 5\r\n\r\nhello`,
      () => `${line('PUT')}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n4;x=y\r\nbcde\r\n0\r\n\r\n`,
    );
  });
  const text = requests.join('');
  const pieces = chance.yes(0.2) && text.length < 800 ? [...text] : chance.pieces(text, chance.of([0, 1, 8]));
  return { pieces, pauseMs: chance.yes(0.05) && pieces.length < 10 ? chance.int(10, 60) : 0, owed, end: 'wait' };
}
