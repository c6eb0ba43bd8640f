// Longer than 250 lines: one table of bytes and what they mean.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { MalformedMessage } from './header-lines.ts';
import { type AnswerSink, ResponseParser } from './response-parser.ts';

/** Records the calls; pieces of a body are put together. */
class Notes implements AnswerSink {
  readonly informed: number[] = [];
  head_: { status: number; reason: string; headers: string[] } | undefined;
  body = '';
  trailers: string[] | undefined;
  switchedWith: string[] | undefined;
  fed: Buffer = Buffer.alloc(0);

  informational(status: number): void {
    this.informed.push(status);
  }
  head(status: number, reason: string, headers: string[]): void {
    this.head_ = { status, reason, headers };
  }
  whole(status: number, reason: string, headers: string[], body: string): void {
    this.head_ = { status, reason, headers };
    this.body = body;
    this.trailers = [];
  }
  data(from: number, to: number): void {
    this.body += this.fed.toString('latin1', from, to);
  }
  end(trailers: string[]): void {
    this.trailers = trailers;
  }
  switched(headers: string[]): void {
    this.switchedWith = headers;
  }
}

interface Read {
  informed: number[];
  status: number | undefined;
  reason: string | undefined;
  headers: string[] | undefined;
  body: string;
  /** Undefined: the answer did not end. */
  trailers: string[] | undefined;
  switchedWith: string[] | undefined;
  keepAlive: boolean;
  /** Bytes that were not taken. */
  left: number;
}

interface Asked {
  method?: string;
  upgrade?: boolean;
  /** The connection ends after the last piece. */
  closed?: boolean;
}

function read(pieces: readonly string[], { method = 'GET', upgrade = false, closed = false }: Asked = {}): Read {
  const notes = new Notes();
  const parser = new ResponseParser(notes);
  parser.start(method, upgrade);
  let left = 0;
  for (const piece of pieces) {
    notes.fed = Buffer.from(piece, 'latin1');
    left += piece.length - parser.feed(notes.fed, piece.length);
  }
  if (closed) parser.close();
  const { informed, head_, body, trailers, switchedWith } = notes;
  const { keepAlive } = parser;
  return { informed, ...(head_ ?? NO_HEAD), body, trailers, switchedWith, keepAlive, left };
}

const NO_HEAD = { status: undefined, reason: undefined, headers: undefined };

/** In one piece, in two with each possible cut, and byte by byte. */
function cuts(text: string): string[][] {
  const inTwo = Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)]);
  return [[text], [...text], ...inTwo];
}

const plain = 'HTTP/1.1 200 OK\r\n';
const answers: [string, string, Partial<Read>, Asked?][] = [
  ['a length', `${plain}Content-Length: 5\r\n\r\nhello`, { body: 'hello', trailers: [], keepAlive: true }],
  ['an empty body', `${plain}content-length: 0\r\n\r\n`, { body: '', trailers: [], keepAlive: true }],
  [
    'chunks',
    `${plain}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n`,
    { body: 'abc0123456789', trailers: [], keepAlive: true },
  ],
  [
    'chunk extensions',
    `${plain}transfer-encoding: CHUNKED\r\n\r\n3;a=b;c="d\\"; \xe4" ;\te = f\r\nabc\r\n2 \r\nde\r\n0;x\r\n\r\n`,
    { body: 'abcde', trailers: [] },
  ],
  [
    'trailers',
    `${plain}transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 42\r\nx-other:\t y \r\n\r\n`,
    { body: 'a', trailers: ['X-Sum', '42', 'x-other', 'y'] },
  ],
  [
    'the end of the connection',
    `${plain}x: y\r\n\r\nall of it`,
    { body: 'all of it', trailers: [], keepAlive: false },
    { closed: true },
  ],
  [
    'nothing, as the status says',
    'HTTP/1.1 204 No Content\r\n\r\n',
    { status: 204, body: '', trailers: [], keepAlive: true },
  ],
  [
    'nothing, though a length is said',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
    { status: 304, trailers: [], keepAlive: true },
  ],
  [
    'nothing, as it was HEAD',
    `${plain}content-length: 9\r\n\r\n`,
    { headers: ['content-length', '9'], trailers: [], keepAlive: true },
    { method: 'HEAD' },
  ],
  [
    'nothing of chunks, as it was HEAD',
    `${plain}transfer-encoding: chunked\r\n\r\n`,
    { trailers: [], keepAlive: true },
    { method: 'HEAD' },
  ],
  [
    'a length said twice alike',
    `${plain}content-length: 2\r\nx: y\r\nContent-Length: 2, 2\r\n\r\nok`,
    { headers: ['content-length', '2', 'x', 'y'], body: 'ok' },
  ],
  [
    'blanks around values, and empty ones',
    `${plain}a:  b c \t\r\nd:\r\ncontent-length:0\r\n\r\n`,
    { headers: ['a', 'b c', 'd', '', 'content-length', '0'] },
  ],
  [
    'obs-text',
    `HTTP/1.1 200 \xfcber\r\nx: \xe9\r\ncontent-length: 1\r\n\r\n\xff`,
    { reason: '\xfcber', headers: ['x', '\xe9', 'content-length', '1'], body: '\xff' },
  ],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', { status: 200, reason: '' }],
  ['an empty reason', 'HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n', { status: 200, reason: '' }],
  [
    'Connection: close',
    `${plain}connection: x, Close\r\ncontent-length: 0\r\n\r\n`,
    { trailers: [], keepAlive: false },
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', { body: 'ok', trailers: [], keepAlive: false }],
  [
    'informational answers before it',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n${plain}content-length: 0\r\n\r\n`,
    { informed: [100, 103], status: 200 },
  ],
  ['bytes after it', `${plain}content-length: 1\r\n\r\naHTTP`, { body: 'a', left: 4 }],
  [
    'a switch of protocols',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nConnection: Upgrade\r\n\r\nraw',
    { switchedWith: ['upgrade', 'websocket', 'Connection', 'Upgrade'], left: 3 },
    { upgrade: true },
  ],
  ['a status of a class that is not known', 'HTTP/1.1 799 Odd\r\ncontent-length: 0\r\n\r\n', { status: 799 }],
];

for (const [name, text, expected, asked] of answers) {
  test(`reads an answer with ${name}, wherever it is cut`, () => {
    for (const pieces of cuts(text)) {
      const found = read(pieces, asked);
      // Of what comes after the end, only a piece that begins before it counts.
      const { left, ...rest } = { ...found, ...expected };
      const { left: _, ...seen } = found;
      assert.deepEqual(seen, rest, JSON.stringify(pieces));
      if (left > 0) assert.equal(found.left, left);
    }
  });
}

test('a body longer than what was read comes piece by piece', () => {
  const body = 'x'.repeat(100_000);
  const found = read([`${plain}content-length: 100000\r\n\r\n${body.slice(0, 20_000)}`, body.slice(20_000)]);
  assert.equal(found.body, body);
  assert.deepEqual(found.trailers, []);
});

const chunked = `${plain}transfer-encoding: chunked\r\n\r\n`;
const refused: [string, string, Asked?][] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['another protocol, before its line ends', 'SSH'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
  ['two blanks before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['an empty line before it', `\r\n${plain}\r\n`],
  ['bare LF', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
  ['bare LF between headers', `${plain}a: b\nc: d\r\n\r\n`],
  ['bare CR in a value', `${plain}a: b\rc: d\r\n\r\n`],
  ['NUL in a value', `${plain}a: b\0\r\n\r\n`],
  ['a control character in a value', `${plain}a: b\x1b[0m\r\n\r\n`],
  ['DEL in a reason', 'HTTP/1.1 200 O\x7fK\r\n\r\n'],
  ['a folded line', `${plain}a: b\r\n c\r\n\r\n`],
  ['a first line that is folded', `${plain} a: b\r\n\r\n`],
  ['a blank before the colon', `${plain}content-length : 5\r\n\r\nhello`],
  ['a line without a colon', `${plain}nonsense\r\n\r\n`],
  ['a header without a name', `${plain}: b\r\n\r\n`],
  ['a name with a blank', `${plain}a b: c\r\n\r\n`],
  ['a name beyond ASCII', `${plain}\xe9: c\r\n\r\n`],
  ['both lengths', `${plain}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['lengths that differ', `${plain}content-length: 3\r\ncontent-length: 4\r\n\r\nabc`],
  ['a list of lengths that differ', `${plain}content-length: 3, 4\r\n\r\nabc`],
  ['a negative length', `${plain}content-length: -1\r\n\r\n`],
  ['a length with a sign', `${plain}content-length: +1\r\n\r\na`],
  ['a hexadecimal length', `${plain}content-length: 0x1\r\n\r\na`],
  ['an empty length', `${plain}content-length:\r\n\r\n`],
  ['a length beyond counting', `${plain}content-length: 99999999999999999999\r\n\r\n`],
  ['a coding besides chunked', `${plain}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['a coding that is none', `${plain}transfer-encoding: identity\r\n\r\n`],
  ['chunked twice', `${plain}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a switch that was not asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'],
  [
    'a switch to nothing that is named',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n',
    { upgrade: true },
  ],
  [
    'a switch that is not of the connection',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n',
    { upgrade: true },
  ],
  ['a chunk without a size', `${chunked}\r\nabc\r\n`],
  ['a chunk size that is none', `${chunked}xyz\r\nabc\r\n`],
  ['a chunk size with a sign', `${chunked}-1\r\n`],
  ['a chunk size with a prefix', `${chunked}0x3\r\nabc\r\n`],
  ['a chunk size beyond counting', `${chunked}fffffffffffffffff\r\n`],
  ['a chunk size that ends in LF', `${chunked}3\nabc\r\n`],
  ['a chunk size that ends in CR', `${chunked}3\rabc\r\n`],
  ['a chunk longer than it says', `${chunked}3\r\nabcd\r\n`],
  ['a chunk that ends in LF', `${chunked}3\r\nabc\n`],
  ['a control character in an extension', `${chunked}3;a=\0\r\nabc\r\n`],
  ['an extension without a name', `${chunked}3;\r\nabc\r\n0\r\n\r\n`],
  ['an extension behind an empty one', `${chunked}3;;a=b\r\nabc\r\n0\r\n\r\n`],
  ['an extension without its value', `${chunked}3;a=\r\nabc\r\n0\r\n\r\n`],
  ['an extension of two words', `${chunked}3;a b\r\nabc\r\n0\r\n\r\n`],
  ['an extension without a semicolon', `${chunked}3 a\r\nabc\r\n0\r\n\r\n`],
  ['a quoted extension that is not closed', `${chunked}3;a="b\r\nabc\r\n0\r\n\r\n`],
  ['a line end in a quoted extension', `${chunked}3;a="\r\n"\r\nabc\r\n0\r\n\r\n`],
  ['something behind a quoted extension', `${chunked}3;a="b"c\r\nabc\r\n0\r\n\r\n`],
  ['LF in an extension', `${chunked}3;a\nb\r\nabc\r\n`],
  ['an extension without an end', `${chunked}3;${'a'.repeat(5_000)}`],
  ['a folded trailer', `${chunked}0\r\na: b\r\n c\r\n\r\n`],
  ['bare LF after the last chunk', `${chunked}0\r\n\n`],
  ['a trailer without a colon', `${chunked}0\r\nnonsense\r\n\r\n`],
  ['headers beyond 64 KiB', `${plain}a: ${'b'.repeat(66_000)}\r\n\r\n`],
  ['headers without an end', `${plain}a: ${'b'.repeat(66_000)}`],
  ['trailers beyond 64 KiB', `${chunked}0\r\na: ${'b'.repeat(66_000)}`],
];

for (const [name, text, asked] of refused) {
  test(`refuses ${name}, wherever it is cut`, () => {
    const pieces = text.length > 1_000 ? [[text], text.match(/[\s\S]{1,1000}/g) as string[]] : cuts(text);
    for (const cut of pieces) assert.throws(() => read(cut, asked), MalformedMessage, JSON.stringify(cut));
  });
}

test('an answer that breaks off is not whole', () => {
  for (const text of [
    plain,
    `${plain}content-length: 3\r\n\r\nab`,
    `${chunked}3\r\nab`,
    `${chunked}3\r\nabc\r\n`,
    `${chunked}0\r\n`,
  ]) {
    assert.equal(read([text], { closed: true }).trailers, undefined, JSON.stringify(text));
  }
});

test('one parser reads answer after answer', () => {
  const notes = new Notes();
  const parser = new ResponseParser(notes);
  for (const body of ['one', 'three', '']) {
    parser.start('GET', false);
    notes.fed = Buffer.from(`${plain}content-length: ${body.length}\r\n\r\n${body}`);
    assert.equal(parser.feed(notes.fed, notes.fed.length), notes.fed.length);
    assert.equal(notes.body, body);
    assert.ok(parser.done && parser.keepAlive);
  }
});

/** Any valid answer, one of very many. */
function anAnswer(): string {
  const pick = <T>(...from: T[]) => from[randomInt(from.length)] as T;
  const word = () => Array.from({ length: 1 + randomInt(12) }, () => pick(...'abcXYZ019-_')).join('');
  const value = () => pick('', word(), `${word()} \t${word()}`, `"${word()}", \xe4${word()}`);
  const extra = Array.from(
    { length: randomInt(6) },
    () => `x-${word()}:${pick('', ' ', '\t ')}${value()}${pick('', ' ')}\r\n`,
  );
  const head = `HTTP/1.1 ${pick(200, 201, 404, 500, 299)}${pick(' OK', ' ', ' Not At All')}\r\n${extra.join('')}`;
  const body = Array.from({ length: randomInt(5) }, () => word().repeat(1 + randomInt(400)));
  if (randomInt(2) === 0) return `${head}content-length: ${body.join('').length}\r\n\r\n${body.join('')}`;
  const extension = () => pick('', '', `;${word()}=${word()}`);
  const chunks = body.map((piece) => `${piece.length.toString(16)}${extension()}\r\n${piece}\r\n`).join('');
  const trailers = Array.from({ length: randomInt(3) }, () => `x-${word()}: ${word()}\r\n`).join('');
  return `${head}transfer-encoding: chunked\r\n\r\n${chunks}0${extension()}\r\n${trailers}\r\n`;
}

test('reads valid answers as Node does', async () => {
  const texts = Array.from({ length: 150 }, anAnswer);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => socket.end(texts[Number(/\/(\d+)/.exec(chunk.toString())?.[1])] ?? '', 'latin1'));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const [i, text] of texts.entries()) {
    const sent = request({ port, host: '127.0.0.1', path: `/${i}`, agent: false }).end();
    const [theirs] = await once(sent, 'response');
    theirs.setEncoding('latin1');
    let body = '';
    for await (const piece of theirs) body += piece;
    const at = [randomInt(1, text.length), randomInt(1, text.length)].sort((a, b) => a - b) as [number, number];
    const ours = read([text.slice(0, at[0]), text.slice(at[0], at[1]), text.slice(at[1])]);
    assert.deepEqual(
      [ours.status, ours.reason, ours.headers, ours.body, ours.trailers],
      [theirs.statusCode, theirs.statusMessage, theirs.rawHeaders, body, theirs.rawTrailers],
      JSON.stringify(text),
    );
  }
  server.close();
});
