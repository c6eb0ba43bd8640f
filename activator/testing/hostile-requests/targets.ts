/** Request lines, targets and hosts that are none, or that lead where no caller may go (RFC 9112, 3). */
import { type Attack, each, HOST, head, SMUGGLED } from './attack.ts';

const withLine = (line: string) => `${head(line, `Host: ${HOST}`)}${SMUGGLED}`;
const withHosts = (...hosts: readonly string[]) => `${head('GET /first HTTP/1.1', ...hosts)}${SMUGGLED}`;

const LINES: Attack[] = each(
  [
    'GET /first',
    'GET /first HTTP/1.1 ',
    'GET\t/first\tHTTP/1.1',
    ' GET /first HTTP/1.1',
    'GET /first HTTP/1.1 HTTP/1.1',
    'GET /fi rst HTTP/1.1',
    'GET HTTP/1.1',
    'GET',
    '',
    'GET /first HTTP/1',
    'GET /first HTTP/1.',
    'GET /first HTTP/.1',
    'GET /first HTTP/11',
    'GET /first HTTP/1.11',
    'GET /first HTTP/01.1',
    'GET /first HTTP/1.2',
    'GET /first HTTP/1,1',
    'GET /first HTTP/-1.1',
    'GET /first HTTP /1.1',
    'GET /first http/1.1',
    'GET /first HTTPS/1.1',
    'GET /first HTPT/1.1',
    'GET /first ICE/1.0',
    'GET /first HTTP/1.1\x00',
    'GET /first HTTP/1.1\x0b',
    'GET /first HTTP/3.0',
    'get /first HTTP/1.1',
    'Get /first HTTP/1.1',
    'GETS /first HTTP/1.1',
    'FETCH /first HTTP/1.1',
    'G@T /first HTTP/1.1',
    'GET\x00 /first HTTP/1.1',
    '\x00GET /first HTTP/1.1',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'PLAY /first HTTP/1.1',
    'PRI /first HTTP/1.1',
  ].filter((line) => line !== ''),
  (line) => ({ what: `line ${JSON.stringify(line)}`, bytes: withLine(line) }),
);

const VERSIONS: Attack[] = [
  ...each(['HTTP/2.0', 'HTTP/0.9'], (version) => ({
    what: `version ${version}`,
    bytes: withLine(`GET /first ${version}`),
  })),
  { what: 'HTTP/0.9, which has no version', bytes: 'GET /first\r\n', ends: true },
];

const FORMS: Attack[] = [
  ...each(
    [
      'first',
      '*',
      '?',
      '#',
      '/first#fragment',
      '/a\x00b',
      '/a\x01b',
      '/a\x0bb',
      '/a\x7fb',
      '/a\tb',
      'http://',
      'http:///first',
      'http:first',
      'http:/first',
      'http://@/first',
      `http://me@${HOST}/first`,
      `http://me:secret@${HOST}/first`,
      `http://${HOST}:port/first`,
      `http://${HOST}#x`,
      'http://a b/first',
      'http://[::1/first',
      'http://a%00b/first',
      `ftp://${HOST}/first`,
      `file:///etc/passwd`,
      `gopher://${HOST}/first`,
      `ws://${HOST}/first`,
      `javascript://${HOST}/first`,
      `urn:first`,
      `${HOST}:80`,
      `//`,
    ].filter((target) => target !== '//'),
    (target) => ({ what: `target ${JSON.stringify(target)}`, bytes: withLine(`GET ${target} HTTP/1.1`) }),
  ),
  ...each(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'], (method) => ({
    what: `${method} of everything`,
    bytes: withLine(`${method} * HTTP/1.1`),
  })),
  {
    what: 'target of 70,000 bytes',
    bytes: withLine(`GET /${'a'.repeat(70_000)} HTTP/1.1`),
    answers: [431],
  },
  {
    what: 'target of 200,000 bytes without end',
    bytes: `GET /${'a'.repeat(200_000)}`,
    answers: [431],
  },
];

const METHODS: Attack[] = [
  ...each(
    [
      `CONNECT ${HOST}:443 HTTP/1.1`,
      'CONNECT 169.254.169.254:80 HTTP/1.1',
      'CONNECT / HTTP/1.1',
      'CONNECT /first HTTP/1.1',
      'CONNECT * HTTP/1.1',
      `CONNECT http://${HOST}/first HTTP/1.1`,
    ],
    (line) => ({ what: line, bytes: withLine(line), answers: [405] }),
  ),
  ...each(['TRACE /first HTTP/1.1', `TRACE http://${HOST}/first HTTP/1.1`, 'SOURCE /first ICE/1.0'], (line) => ({
    what: line,
    bytes: withLine(line),
    answers: [405],
  })),
];

const HOSTS: Attack[] = [
  { what: 'no Host', bytes: withHosts() },
  { what: 'no Host, with a target that has one', bytes: `${head(`GET http://${HOST}/first HTTP/1.1`)}${SMUGGLED}` },
  { what: 'Host that is empty', bytes: withHosts('Host:') },
  { what: 'Host twice', bytes: withHosts(`Host: ${HOST}`, `Host: ${HOST}`) },
  { what: 'two Hosts', bytes: withHosts(`Host: ${HOST}`, 'Host: other.example') },
  { what: 'two Hosts, differently spelled', bytes: withHosts('hOST: other.example', `Host: ${HOST}`) },
  {
    what: 'two Hosts, and a target that has one',
    bytes: `${head(`GET http://${HOST}/first HTTP/1.1`, `Host: ${HOST}`, `Host: ${HOST}`)}${SMUGGLED}`,
  },
  { what: 'Host in a folded line', bytes: withHosts('X: y', ` Host: ${HOST}`) },
  { what: 'Host with a blank before the colon', bytes: withHosts(`Host : ${HOST}`) },
  ...each(
    [
      `${HOST} other.example`,
      `${HOST},other.example`,
      `${HOST}, ${HOST}`,
      `${HOST}/first`,
      `${HOST}\\first`,
      `${HOST}?x`,
      `${HOST}#x`,
      `me@${HOST}`,
      `http://${HOST}`,
      `${HOST}:port`,
      `${HOST}:-1`,
      `${HOST}:80:80`,
      `${HOST}:123456`,
      `${HOST}%00`,
      `${HOST}\x00`,
      `${HOST}\x7f`,
      `${HOST}\tx`,
      `"${HOST}"`,
      `<${HOST}>`,
      `{${HOST}}`,
      `${HOST};x`,
      `h\xe9llo.default.fn.example`,
      '[::1',
      '::1',
      '[::1]x',
      '[::g]',
      '[]',
      ':80',
      '*',
    ],
    (host) => ({ what: `Host: ${JSON.stringify(host)}`, bytes: withHosts(`Host: ${host}`) }),
  ),
];

/** Spellings of what in a replica is Catnap's own. */
const INTERNAL: Attack[] = each(
  [
    '/.catnap/ready',
    '/.catnap',
    '/.catnap/',
    '/.catnap?x',
    '//.catnap/ready',
    '///.catnap/ready',
    '/./.catnap/ready',
    '/x/../.catnap/ready',
    '/../.catnap/ready',
    '/%2ecatnap/ready',
    '/%2Ecatnap/ready',
    '/%2e/%2ecatnap/ready',
    '/x/%2e%2e/.catnap/ready',
    '/x/.%2e/.catnap/ready',
    '/.catnap/x/../ready',
    '/.%63atnap/ready',
    '/.c%61tnap/ready',
    '/.catna%70/ready',
    '/%2e%63%61%74%6e%61%70/ready',
    '/.catnap%2fready',
    '/.catnap%2Fready',
    '/x%2f..%2f.catnap/ready',
    '/%2f.catnap/ready',
    '/.catnap\\ready',
    '/\\.catnap/ready',
    '/x\\..\\.catnap/ready',
    '/.catnap;x/ready',
    '/.catnap/ready;x',
  ],
  (target) => ({
    what: `way in ${target}`,
    bytes: head(`GET ${target} HTTP/1.1`, `Host: ${HOST}`, 'Connection: close'),
    answers: [404],
  }),
);

/** What may look odd and is not wrong. */
const PASSING: Attack[] = [
  ...each(['GET  /first HTTP/1.1', 'GET /first  HTTP/1.1'], (line) => ({
    what: `line that Node reads as one: ${line}`,
    bytes: head(line, `Host: ${HOST}`, 'Connection: close'),
    answers: [200],
    reaches: ['GET /first '],
  })),
  ...each([`${HOST}:`, `${HOST}.`, `${HOST}:99999`, HOST.toUpperCase()], (host) => ({
    what: `Host: ${host}`,
    bytes: head('GET /first HTTP/1.1', `Host: ${host}`, 'Connection: close'),
    answers: [200],
    reaches: ['GET /first '],
  })),
  ...each(['/.CATNAP/ready', '/%252ecatnap/ready', '/x/.catnap/ready', '/.catnapx', '/?/.catnap/ready'], (target) => ({
    what: `path that is the function’s: ${target}`,
    bytes: head(`GET ${target} HTTP/1.1`, `Host: ${HOST}`, 'Connection: close'),
    answers: [200],
    reaches: [`GET ${target} `],
  })),
];

export const TARGETS: readonly Attack[] = [
  ...LINES,
  ...VERSIONS,
  ...FORMS,
  ...METHODS,
  ...HOSTS,
  ...INTERNAL,
  ...PASSING,
];
