import type { Chance } from './chance.ts';
import { framing } from './framings.ts';

/** A request's answer as bytes of one connection that then ends, and what decides how it is read. */
export interface GeneratedResponse {
  /** Each character is one byte. */
  text: string;
  method: 'GET' | 'HEAD';
  /** Whether the request asked for an upgrade. */
  upgrade: boolean;
}

type Twist = (chance: Chance) => string;

/** Bytes that mean something to a parser, or must mean nothing. */
const TELLING = '\r\n \t:;,=\0\x0b\x0c\x7f\x80\xff"0aAfF1-+_xX/.';
const LETTERS = 'abcXYZ019-_';
const SECOND = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond';

const word = (chance: Chance) => chance.some(1, 10, () => chance.of([...LETTERS])).join('');
const value: Twist = (chance) =>
  chance.of(['', word(chance), `${word(chance)} \t${word(chance)}`, `"${word(chance)}", \xe4\x80${word(chance)}`]);
const blank: Twist = (chance) => chance.of(['', ' ', ' ', '\t ', '  ']);

const VERSIONS = ['HTTP/1.0', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/11', 'http/1.1', 'ICY', ''];
const ODD_STATUS = ['099', '000', '600', '999', '1000', '20', '2O0', '-20', '+200', ''];
const ODD_REASONS: readonly Twist[] = [
  () => '',
  () => ' ',
  () => ' \0',
  () => ' a\x01b',
  () => ' a\x7f',
  () => ' \xff\x80',
  () => ' \t tab\t',
  () => ' a\rb',
  (chance) => ` ${'r'.repeat(chance.int(1, 3_000))}`,
  () => '\tOK',
  () => 'OK',
];
const STATUSES = [200, 200, 200, 201, 204, 205, 206, 301, 304, 404, 500, 599];

function statusLine(chance: Chance): string {
  const version = chance.yes(0.94) ? 'HTTP/1.1' : chance.of(VERSIONS);
  const status = chance.yes(0.96) ? chance.of(STATUSES) : chance.of(ODD_STATUS);
  const reason = chance.yes(0.85) ? chance.of([' OK', ' Not At All', ' ']) : chance.of(ODD_REASONS)(chance);
  return `${version}${chance.yes(0.98) ? ' ' : chance.of(['  ', '\t', ''])}${status}${reason}`;
}

const ODD_FIELDS: readonly Twist[] = [
  () => ' folded',
  () => 'x: a\r\n folded',
  () => 'x: a\r\n\tfolded\r\n again',
  () => 'x: a\r\n ',
  () => 'x:\r\n folded',
  () => 'no-colon',
  () => ': no name',
  () => ':',
  () => 'x : y',
  () => 'x\t: y',
  () => 'x y: z',
  () => 'x\0: y',
  () => '\x80: y',
  () => '(x): y',
  () => 'x: a\0b',
  () => 'x: a\x01b',
  () => 'x: \x7f',
  () => 'x: a\rb',
  () => 'x: a\r',
  () => 'x: a\nb: c',
  () => 'x:\x0by',
  (chance) => chance.some(1, 60, (i) => `h${i}: ${i}`).join('\r\n'),
  (chance) => `long: ${'v'.repeat(chance.int(1_000, 9_000))}`,
  (chance) => `${'n'.repeat(chance.int(60, 700))}: 1`,
];
const KNOWN_FIELDS: readonly Twist[] = [
  (chance) =>
    `Connection: ${chance.of(['close', 'keep-alive', 'Close', 'upgrade', 'close, x', '', ',', 'keep-alive, close'])}`,
  (chance) => `Connection:${chance.of([' Upgrade\r\nUpgrade: websocket', ' upgrade\r\nupgrade: h2c'])}`,
  (chance) => `Upgrade: ${chance.of(['websocket', 'h2c', ''])}`,
  (chance) => `Keep-Alive: ${chance.of(['timeout=5', 'timeout=0', 'x', ''])}`,
  (chance) => `Trailer: ${chance.of(['x', 'Content-Length', ''])}`,
  (chance) => `Proxy-Connection: ${chance.of(['close', 'keep-alive'])}`,
  (chance) => `Set-Cookie: ${word(chance)}=${word(chance)}`,
];

function field(chance: Chance): string {
  if (chance.yes(0.75)) return `${word(chance)}:${blank(chance)}${value(chance)}${blank(chance)}`;
  return chance.of(chance.yes(0.5) ? KNOWN_FIELDS : ODD_FIELDS)(chance);
}

const SIZES = [
  '',
  'g',
  '-1',
  '+1',
  '0x1',
  ' 1',
  '1 ',
  '1\t',
  '00001',
  '0000000000001',
  '00000000000001',
  'ffffffffffffffff',
  '10000000000000005',
  '7fffffff',
  '1_0',
  '1\0',
];
const EXTENSIONS: readonly Twist[] = [
  () => ';a=b',
  () => ';a',
  () => ';',
  () => ' ;a',
  () => '; a=b',
  () => ';a="q\\"d";b',
  () => ';a="unclosed',
  () => ';a=\x01',
  () => ';a=\xe4',
  () => ';a\nb',
  () => ';a\rb',
  () => ';a="\r\n"',
  () => ';=',
  () => ';;a=b',
  () => ';a b',
  () => ' a',
  (chance) => `;${'e'.repeat(chance.int(1, 6_000))}`,
  () => `;${'e'.repeat(4_200)}`,
];
const LINE_ENDS = ['\n', '\r', '', '\r\r\n', '\r\n\r\n', ' \r\n', 'x\r\n'];

function chunk(chance: Chance, data: string): string {
  const size = chance.yes(0.96) ? data.length.toString(16) : chance.of(SIZES);
  const extension = chance.yes(0.88) ? '' : chance.of(EXTENSIONS)(chance);
  const end = () => (chance.yes(0.98) ? '\r\n' : chance.of(LINE_ENDS));
  return `${chance.yes(0.5) ? size : size.toUpperCase()}${extension}${end()}${data}${end()}`;
}

function chunks(chance: Chance): string {
  const data = chance.some(0, 5, () => chunk(chance, 'd'.repeat(chance.of([1, 1, 2, 10, 27, 300]))));
  const trailers = chance.yes(0.25) ? chance.some(1, 3, () => `${field(chance)}\r\n`) : [];
  const last = chance.yes(0.93) ? '0' : chance.of(['00', '0;x=y', '', '-0', '0 ', '000000000000000000', 'O']);
  return `${data.join('')}${last}${chance.yes(0.98) ? '\r\n' : '\n'}${trailers.join('')}${chance.yes(0.98) ? '\r\n' : chance.of(LINE_ENDS)}`;
}

function body(chance: Chance, framed: string): string {
  if (/chunked/i.test(framed) && chance.yes(0.95)) return chunks(chance);
  if (framed === '') return chance.of(['', 'until the end', '\r\n', SECOND]);
  if (framed.endsWith(':0') && chance.yes(0.9)) return '';
  return chance.yes(0.9) ? 'hello' : chance.of(['hell', 'hello!', '', '\r\nhello', '5\r\nhello\r\n0\r\n\r\n']);
}

function informational(chance: Chance): string {
  const status = chance.yes(0.1) ? 101 : chance.of([100, 100, 102, 103, 103, 104, 199]);
  const fields = chance.some(0, 2, () => `${field(chance)}\r\n`);
  const length = chance.yes(0.05) ? chance.of(['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n']) : '';
  return `HTTP/1.1 ${status} X\r\n${fields.join('')}${length}\r\n`;
}

/** A byte put in, left out, doubled or replaced. */
function spoiled(chance: Chance, text: string): string {
  const at = chance.int(0, text.length);
  const byte = chance.of([...TELLING]);
  const one = text.slice(at, at + 1);
  return `${text.slice(0, at)}${chance.of([byte, '', one + one, byte + one])}${text.slice(at + 1)}`;
}

/** Valid answers, answers that are nearly valid, and what is hostile: mostly one thing is odd at a time. */
export function generateResponse(chance: Chance): GeneratedResponse {
  const framed = framing(chance);
  const lines = [
    ...chance.some(0, 3, () => field(chance)),
    ...(framed === '' ? [] : [framed]),
    ...chance.some(0, 1, () => field(chance)),
  ];
  const newline = chance.yes(0.97) ? '\r\n' : chance.of(['\n', '\r', '\r\r\n', '\n\r']);
  const empty = chance.yes(0.98) ? '\r\n' : chance.of(['\n', '\r', ' \r\n', '\r\r\n']);
  const head = `${[statusLine(chance), ...lines].join(newline)}${newline}${empty}`;
  const leading = chance.yes(0.02) ? chance.of(['\r\n', '\n', '\r\n\r\n', ' ', '\0']) : '';
  const before = chance.yes(0.12) ? chance.some(1, 3, () => informational(chance)).join('') : '';
  const many = chance.yes(0.01) ? 'HTTP/1.1 103 X\r\n\r\n'.repeat(chance.int(30, 36)) : '';
  const after = chance.yes(0.15) ? chance.of([SECOND, '\r\n', 'x', '\0\0\0', '\r\nHTTP/1.1 200 OK\r\n\r\n']) : '';
  let text = `${leading}${before}${many}${head}${body(chance, framed)}${after}`;
  if (chance.yes(0.25)) text = spoiled(chance, text);
  if (chance.yes(0.08)) text = text.slice(0, chance.int(0, text.length));
  if (chance.yes(0.005)) text = text.replace('\r\n', () => `\r\nhuge: ${'h'.repeat(chance.int(60_000, 70_000))}\r\n`);
  return { text, method: chance.yes(0.12) ? 'HEAD' : 'GET', upgrade: chance.yes(0.15) };
}
