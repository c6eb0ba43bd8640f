/** Header fields that are none, too many, or too long (RFC 9110, 5; RFC 9112, 5). */
import { type Attack, each, get, HOST, head, SMUGGLED } from './attack.ts';

const NAMES: Attack[] = each(
  [
    'X : y',
    'X\t: y',
    ': y',
    ' : y',
    'X y',
    'X',
    '"X": y',
    'X(: y',
    'X@y: z',
    'X[0]: y',
    'X{: y',
    'X/y: z',
    'X=y: z',
    'X<y: z',
    'X?: y',
    'X\\y: z',
    'X\x00: y',
    'X\x01: y',
    'X\x7f: y',
    'X\x80: y',
    'Ünï: y',
    ' X: y',
    '\tX: y',
  ],
  (field) => ({
    what: `name ${JSON.stringify(field)}`,
    bytes: `${get(Buffer.from(field).toString('latin1'))}${SMUGGLED}`,
  }),
);

const VALUES: Attack[] = each(
  [
    'a\x00b',
    '\x00',
    'a\x01b',
    'a\x08b',
    'a\x0bb',
    'a\x1bb',
    'a\x7fb',
    'a\rb',
    'a\nb',
    'a\n',
    'a\r',
    'a\r\n b',
    'a\r\n\tb',
    'a\r\n \r\n',
  ],
  (value) => ({ what: `value ${JSON.stringify(value)}`, bytes: `${get(`X: ${value}`)}${SMUGGLED}` }),
);

const FIRST: Attack[] = each([' X: y', '\tX: y', ' ', ': y'], (line) => ({
  what: `first line after the request line ${JSON.stringify(line)}`,
  bytes: `${head('GET /first HTTP/1.1', line, `Host: ${HOST}`)}${SMUGGLED}`,
}));

const lines = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: y`);

const SIZES: Attack[] = [
  { what: 'value of 70,000 bytes', bytes: get(`X: ${'y'.repeat(70_000)}`), answers: [431] },
  { what: 'name of 70,000 bytes', bytes: get(`${'x'.repeat(70_000)}: y`), answers: [431] },
  {
    what: 'value without end',
    bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\r\nX: ${'y'.repeat(200_000)}`,
    answers: [431],
  },
  {
    what: 'heads of 1,000 fields of 100 bytes',
    bytes: get(...lines(1_000).map((line) => line + 'y'.repeat(90))),
    answers: [431],
  },
  { what: '300 fields', bytes: get(...lines(300)), answers: [431] },
  {
    what: '3,000 fields, the length among those that some do not count',
    bytes: `${get(...lines(3_000), 'Content-Length: 5')}hello${SMUGGLED}`,
    answers: [431],
  },
  { what: 'a thousand hosts', bytes: get(...lines(1_000).map(() => `Host: ${HOST}`)), answers: [431] },
];

const LINE_ENDS: Attack[] = [
  { what: 'LF alone after each line', bytes: `GET /first HTTP/1.1\nHost: ${HOST}\n\n${SMUGGLED}` },
  { what: 'LF alone after the request line', bytes: `GET /first HTTP/1.1\nHost: ${HOST}\r\n\r\n${SMUGGLED}` },
  { what: 'LF alone after a field', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\nX: y\r\n\r\n${SMUGGLED}` },
  { what: 'LF alone after the head', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\r\n\n${SMUGGLED}` },
  { what: 'CR alone after each line', bytes: `GET /first HTTP/1.1\rHost: ${HOST}\r\r${SMUGGLED}` },
  { what: 'CR alone after a field', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\rX: y\r\n\r\n${SMUGGLED}` },
  { what: 'CR CR LF after a field', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\r\r\nX: y\r\n\r\n${SMUGGLED}` },
  { what: 'CR CR LF after the head', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\r\n\r\r\n${SMUGGLED}` },
  { what: 'CR and another byte after the head', bytes: `GET /first HTTP/1.1\r\nHost: ${HOST}\r\n\rX${SMUGGLED}` },
  { what: 'LF CR after each line', bytes: `GET /first HTTP/1.1\n\rHost: ${HOST}\n\r\n\r${SMUGGLED}` },
];

export const FIELDS: readonly Attack[] = [...NAMES, ...VALUES, ...FIRST, ...SIZES, ...LINE_ENDS];
