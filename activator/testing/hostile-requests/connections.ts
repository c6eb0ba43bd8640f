/** What a request says of its connection, of other protocols, and what comes after it (RFC 9110, 7.6 and 10.1.1; RFC 9112, 9). */
import { type Attack, each, get, HOST, head, post, SMUGGLED } from './attack.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const NAMED: Attack[] = each(
  [
    'Host',
    'content-length',
    'Authorization',
    'Cookie',
    'Content-Type',
    'X-Forwarded-For',
    'x-forwarded-proto',
    'X-Forwarded-Host',
    'Forwarded',
    'X-Request-Id',
    'close, Host',
    'keep-alive,Authorization',
    'X, ,  cookie ,Y',
    'Cache-Control',
  ],
  (value) => ({ what: `Connection: ${value}`, bytes: `${get(`Connection: ${value}`)}${SMUGGLED}` }),
);

const EXPECTATIONS: Attack[] = each(
  ['200-ok', '100-continue, cake', '100-continued', 'x100-continue', '', '100-continue;q=1'],
  (value) => ({
    what: `Expect: ${value}`,
    bytes: `${post(`Expect: ${value}`, 'Content-Length: 5')}hello${SMUGGLED}`,
    answers: [417],
  }),
);

const PROTOCOLS: Attack[] = [
  { what: 'the preface of HTTP/2', bytes: `${PREFACE}\0\0\0\x04\0\0\0\0\0`, answers: [] },
  {
    what: 'the preface of HTTP/2 after a request',
    bytes: `${get()}${PREFACE}`,
    answers: [200, 400],
    reaches: ['GET /first '],
  },
  { what: 'something like the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n' },
  { what: 'PRI with a Host', bytes: head('PRI * HTTP/1.1', `Host: ${HOST}`) },
  {
    what: 'an offer of HTTP/2, which is not taken',
    bytes: head(
      'GET /first HTTP/1.1',
      `Host: ${HOST}`,
      'Connection: Upgrade, HTTP2-Settings, close',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    ),
    answers: [200],
    reaches: ['GET /first '],
  },
  { what: 'TLS to the port of plain HTTP', bytes: '\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03' },
  { what: 'SSH', bytes: 'SSH-2.0-OpenSSH_9.6\r\n' },
  { what: 'SMTP', bytes: 'EHLO mail.example\r\n' },
  { what: 'the PROXY protocol', bytes: `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${get()}` },
  { what: 'a response', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
  { what: 'zeros', bytes: '\0'.repeat(100) },
  { what: 'nothing but line ends, then garbage', bytes: '\r\n\r\n\r\ngarbage\r\n\r\n' },
  { what: 'half a request line, then the end', bytes: 'GET /fir', ends: true, answers: [400] },
  { what: 'half a head, then the end', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\r\n`, ends: true, answers: [400] },
];

const AFTERWARDS: Attack[] = [
  {
    what: 'a request after Connection: close',
    bytes: `${get('Connection: close')}${SMUGGLED}`,
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'a request after HTTP/1.0 that does not stay',
    bytes: `${head('GET /first HTTP/1.0', `Host: ${HOST}`)}${SMUGGLED}`,
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'garbage after Connection: close',
    bytes: `${get('Connection: close')}\0\0garbage`,
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'garbage after a request',
    bytes: `${get()}garbage\r\n\r\n${SMUGGLED}`,
    answers: [200, 400],
    reaches: ['GET /first '],
  },
  {
    what: 'a body that its request did not tell of',
    bytes: `${post()}hello=world\r\n${SMUGGLED}`,
    answers: [200, 400],
    reaches: ['POST /first '],
  },
  {
    what: 'a body longer than its length',
    bytes: `${post('Content-Length: 5')}hello=world\r\n${SMUGGLED}`,
    answers: [200, 400],
    reaches: ['POST /first hello'],
  },
  {
    what: 'a second request that is refused',
    bytes: `${get()}${head('GET /second HTTP/1.1', `Host: ${HOST}`, `Host: ${HOST}`)}${SMUGGLED}`,
    answers: [200, 400],
    reaches: ['GET /first '],
  },
  {
    what: 'a chunked body and a second request with a chunk that is none',
    bytes: `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n${post('Transfer-Encoding: chunked')}x\r\n\r\n${SMUGGLED}`,
    answers: [200, 400],
    reaches: ['POST /first hello'],
  },
];

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** The replica knows of no other protocol. */
const UPGRADES: Attack[] = [
  {
    what: 'an upgrade that was asked for before the request ahead is answered',
    bytes: `${get()}${get(...WEBSOCKET)}${SMUGGLED}`,
    answers: [200, 200],
    reaches: ['GET /first ', 'GET /first '],
  },
  {
    what: 'an upgrade behind a request that is answered at once',
    bytes: `${head('GET /.catnap/ready HTTP/1.1', `Host: ${HOST}`)}${get(...WEBSOCKET)}${SMUGGLED}`,
    answers: [404, 200],
    reaches: ['GET /first '],
  },
  {
    what: 'a request behind an upgrade that is refused',
    bytes: `${get(...WEBSOCKET)}${SMUGGLED}`,
    answers: [200],
    reaches: ['GET /first '],
  },
  { what: 'an upgrade with two Hosts', bytes: `${get(`Host: ${HOST}`, ...WEBSOCKET)}${SMUGGLED}` },
  {
    what: 'an upgrade with a body, which is served as it is',
    bytes: `${post('Content-Length: 5', 'Connection: Upgrade, close', 'Upgrade: websocket')}hello`,
    answers: [200],
    reaches: ['POST /first hello'],
  },
  {
    what: 'CONNECT behind a request',
    bytes: `${get()}${head(`CONNECT ${HOST}:443 HTTP/1.1`, `Host: ${HOST}`)}${SMUGGLED}`,
    answers: [200, 405],
    reaches: ['GET /first '],
  },
  {
    what: 'CONNECT with a body',
    bytes: `${head(`CONNECT ${HOST}:443 HTTP/1.1`, `Host: ${HOST}`, 'Content-Length: 5')}hello${SMUGGLED}`,
    answers: [405],
  },
];

/** What passes, without what its sender may not say. */
const PASSING: Attack[] = [
  {
    what: 'trailers, without those that may be none',
    bytes: `${post('Transfer-Encoding: chunked', 'Connection: close', 'Trailer: X, Host, Content-Length')}5\r\nhello\r\n0\r\nX: y\r\nHost: other.example\r\nX-Catnap-Not-Started: 1\r\nAuthorization: me\r\n\r\n`,
    answers: [200],
    reaches: ['POST /first hello'],
  },
  {
    what: 'codings that an answer may not have here',
    bytes: get('TE: trailers, chunked, gzip;q=1', 'Connection: TE, close'),
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'fields that are between two neighbours',
    bytes: get(
      'Connection: close, X-Hop, Keep-Alive',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: x',
      'Upgrade: foo',
    ),
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'fields that are Catnap’s own',
    bytes: get('X-Catnap-Not-Started: 1', 'x-catnap-error: x', 'X-CATNAP-anything: 1', 'Connection: close'),
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'a target that has another host than Host: the target’s holds',
    bytes: head(`GET http://${HOST}/first HTTP/1.1`, 'Host: other.example', 'Connection: close'),
    answers: [200],
    reaches: ['GET /first '],
  },
  {
    what: 'a line end before the request, and chunk extensions',
    bytes: `\r\n${post('Transfer-Encoding: Chunked', 'Connection: close')}5;a=b;c="d"\r\nhello\r\n000;e;=\r\n\r\n`,
    answers: [200],
    reaches: ['POST /first hello'],
  },
  {
    what: 'a path that looks like a way out, which is the function’s to judge',
    bytes: head('GET /../../etc/passwd?%00=%0d%0aX:y HTTP/1.1', `Host: ${HOST}`, 'Connection: close'),
    answers: [200],
    reaches: ['GET /../../etc/passwd?%00=%0d%0aX:y '],
  },
  {
    what: 'OPTIONS *, which is asked of the gateway',
    bytes: head('OPTIONS * HTTP/1.1', `Host: ${HOST}`, 'Connection: close'),
    answers: [204],
  },
];

export const CONNECTIONS: readonly Attack[] = [
  ...NAMED,
  ...EXPECTATIONS,
  ...PROTOCOLS,
  ...AFTERWARDS,
  ...UPGRADES,
  ...PASSING,
];
