/** Where an implementation does otherwise than the Web Platform Tests ask. */
export interface Difference {
  /** Of the case. */
  name: string;
  /** `runtime`: the classes that functions are given; `node`: Node's own, which run beside them. */
  of: readonly ('runtime' | 'node')[];
  /** What comes of the case instead. */
  got: unknown;
  why: string;
}

const BOTH = ['runtime', 'node'] as const;
const NO_PAGE = 'a server asks and answers in its own name: there is no page that is to be kept from this';

const FORBIDDEN = [
  'Host',
  'Cookie',
  'Content-Length',
  'Origin',
  'Proxy-Authorization',
  'Sec-Fetch-Mode',
  'Accept-Encoding',
];

export const DIFFERENCES: readonly Difference[] = [
  ...FORBIDDEN.map((name) => ({ name: `a page may not set ${name}`, of: BOTH, got: '1', why: NO_PAGE })),
  { name: 'with no-cors a page may set little', of: BOTH, got: [['x-own', '1']], why: NO_PAGE },
  { name: 'a page may not answer with Set-Cookie', of: BOTH, got: 'a=b', why: NO_PAGE },
  {
    name: 'Cookie is put together as any other',
    of: BOTH,
    got: 'a=1; b=2',
    why: 'a Cookie that came in several lines is one with semicolons (RFC 9113, 8.2.3); a page never has one',
  },
  {
    name: 'a Request’s signal is one of its own',
    of: ['runtime'],
    got: true,
    why: 'the signal that was given does as well: it says the same, and one more for each request costs more than the rest of it',
  },
  {
    name: 'a copy’s chunks are copies',
    of: ['runtime'],
    got: [true, true],
    why: 'a copy of each chunk would double what a copy of a stream costs, for those who change chunks in place',
  },
  {
    name: 'what is not enumerable in a record is not looked at',
    of: ['node'],
    got: [
      ['a', '1'],
      ['b', '2'],
    ],
    why: 'Node takes all of its names',
  },
];
