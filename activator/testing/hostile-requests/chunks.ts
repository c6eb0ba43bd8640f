/** Bodies whose chunks are none (RFC 9112, 7.1). */
import { type Attack, each, post, SMUGGLED } from './attack.ts';

const body = (...parts: readonly string[]) => `${post('Transfer-Encoding: chunked')}${parts.join('')}`;
const LAST = '0\r\n\r\n';

const SIZES: Attack[] = each(
  [
    '',
    ' 5',
    '5 ',
    '5\t',
    '+5',
    '-5',
    '0x5',
    '5h',
    'g',
    '5.0',
    '5,5',
    '"5"',
    '\x005',
    '5\x00',
    '\x0b5',
    'fffffffffffffffff',
    '10000000000000005',
    'ffffffffffffffffffffffffffffffff5',
    '5\r',
    '5\n',
    '5\r\r\n',
    '\r\n5',
    '\n5',
  ],
  (size) => ({
    what: `chunk size ${JSON.stringify(size)}`,
    bytes: body(`${size}\r\nhello\r\n`, LAST, SMUGGLED),
  }),
);

const EXTENSIONS: Attack[] = each(
  ['5;a\nb', '5;a\rb', '5;a\x00', '5;"a\nb"', '5 ;\x01', '5;;', '5;a="b', '5\x0b;a=b'],
  (size) => ({
    what: `chunk extension ${JSON.stringify(size)}`,
    bytes: body(`${size}\r\nhello\r\n`, LAST, SMUGGLED),
  }),
);

const ENDS: Attack[] = [
  { what: 'chunk longer than its size', bytes: body('5\r\nhello!!\r\n', LAST, SMUGGLED) },
  { what: 'chunk shorter than its size', bytes: body('5\r\nhel\r\n', LAST, SMUGGLED) },
  { what: 'chunk without its line end', bytes: body('5\r\nhello', LAST, SMUGGLED) },
  { what: 'chunk ended by LF alone', bytes: body('5\r\nhello\n', LAST, SMUGGLED) },
  { what: 'chunk ended by CR alone', bytes: body('5\r\nhello\r', LAST, SMUGGLED) },
  { what: 'chunk ended by two other bytes', bytes: body('5\r\nhelloXX', LAST, SMUGGLED) },
  { what: 'size line ended by LF alone', bytes: body('5\nhello\r\n', LAST, SMUGGLED) },
  { what: 'last chunk ended by LFs', bytes: body('5\r\nhello\r\n0\n\n', SMUGGLED) },
  { what: 'last chunk and LF', bytes: body('5\r\nhello\r\n0\r\n\n', SMUGGLED) },
  { what: 'last chunk and a request at once', bytes: body('5\r\nhello\r\n0\r\n', SMUGGLED) },
  { what: 'no last chunk, then the end', bytes: body('5\r\nhello\r\n'), ends: true, cut: true },
  { what: 'extensions without end', bytes: body(`5;${'a'.repeat(200_000)}\r\nhello\r\n`, LAST), cut: true },
  { what: 'size line without end', bytes: body('0'.repeat(200_000)), ends: true, cut: true },
];

const TRAILERS: Attack[] = [
  ...each(
    [
      'X : y',
      ' X: y',
      'X: a\r\n b',
      'X: a\x00b',
      'X: a\rb',
      'X: a\nb',
      'X y',
      ': y',
      'X\x00: y',
      'X: y\x7f',
      'Content-Length: 50',
      'Transfer-Encoding: chunked',
    ],
    (line) => ({
      what: `trailer ${JSON.stringify(line)}`,
      bytes: body('5\r\nhello\r\n0\r\n', `${line}\r\n\r\n`, SMUGGLED),
    }),
  ),
  {
    what: 'trailers without end',
    bytes: body('5\r\nhello\r\n0\r\n', `X: ${'y'.repeat(70_000)}\r\n\r\n`),
    answers: [431],
  },
];

export const CHUNKS: readonly Attack[] = [...SIZES, ...EXTENSIONS, ...ENDS, ...TRAILERS];
