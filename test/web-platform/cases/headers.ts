import { type Case, call, is, TYPE_ERROR, type Web } from '../case.ts';

const ODD_VALUES = { name1: 'value1', name4: null, name5: undefined, name6: 1, 'Content-Type': 'value4' };
const AS_TEXT = [
  ['content-type', 'value4'],
  ['name1', 'value1'],
  ['name4', 'null'],
  ['name5', 'undefined'],
  ['name6', '1'],
];

const made: Case[] = [
  ...[undefined, {}, []].map((init) =>
    is(`Headers of ${JSON.stringify(init)} are empty`, [], ({ Headers }) => [...new Headers(init)]),
  ),
  is('Headers of no argument are empty', [], ({ Headers }) => [...new Headers()]),
  ...[null, 1, true, 'text', 0n].map((init) =>
    is(`Headers cannot be made of ${String(init)}`, TYPE_ERROR, ({ Headers }) => [...new Headers(init)]),
  ),
  is('a record gives names and values as text', AS_TEXT, ({ Headers }) => [...new Headers(ODD_VALUES)]),
  is('pairs give names and values as text', AS_TEXT, ({ Headers }) => [...new Headers(Object.entries(ODD_VALUES))]),
  is('Headers give what they hold', AS_TEXT, ({ Headers }) => [...new Headers(new Headers(ODD_VALUES))]),
  is('a Map gives its pairs', [['a', '1']], ({ Headers }) => [...new Headers(new Map([['A', '1']]))]),
  is('a record without a prototype is one', [['a', '1']], ({ Headers }) => [
    ...new Headers(Object.assign(Object.create(null), { a: '1' })),
  ]),
  is('pairs of one name are put together', [['a', '1, 2']], ({ Headers }) => [
    ...new Headers([
      ['a', '1'],
      ['A', '2'],
    ]),
  ]),
  is('names of a record that differ in case alone are put together', [['a', '1, 2']], ({ Headers }) => [
    ...new Headers({ a: '1', A: '2' }),
  ]),
  is('Headers with an iterator of their own give what that gives', 'test', ({ Headers }) => {
    const headers = new Headers({ other: '1' });
    Object.defineProperty(headers, Symbol.iterator, {
      *value() {
        yield ['test', 'test'];
      },
    });
    return new Headers(headers).get('test');
  }),
  ...[[[]], [['a']], [['a', 'b', 'c']], ['ab'], [1], [null], [{}]].map((init) =>
    is(`what is no pair is refused: ${JSON.stringify(init)}`, TYPE_ERROR, ({ Headers }) => [...new Headers(init)]),
  ),
  is('a pair may be anything that gives two values', [['a', 'b']], ({ Headers }) => [
    ...new Headers([new Set(['a', 'b'])]),
  ]),
  is('a record with a symbol for a name is refused', TYPE_ERROR, ({ Headers }) => [
    ...new Headers({ [Symbol('a')]: '1' }),
  ]),
  is('a value that is a symbol is refused', TYPE_ERROR, ({ Headers }) => [...new Headers({ a: Symbol('b') })]),
  is('what a record throws is thrown', { throws: 'RangeError' }, ({ Headers }) => [
    ...new Headers({
      get a(): string {
        throw new RangeError();
      },
    }),
  ]),
  is('what is not enumerable in a record is not looked at', [['a', '1']], ({ Headers }) => [
    ...new Headers(Object.defineProperty({ a: '1' }, 'b', { value: '2' })),
  ]),
  is('Headers are made with new alone', TYPE_ERROR, ({ Headers }) => (Headers as unknown as () => unknown)()),
];

const NO_NAMES = [
  '',
  ' ',
  'a b',
  'a:b',
  'a\0',
  'a\n',
  '(a)',
  'a,b',
  'a;b',
  'a=b',
  'a"b',
  '\u0100',
  '\xe4',
  '[a]',
  '{a}',
];
const NO_VALUES = ['a\0b', '\0', 'a\nb', 'a\rb', 'a\r\nb', '\u0100', 'a\ud83d\ude00'];
const shown = (text: string) => JSON.stringify(text);
const refused: Case[] = [
  ...NO_NAMES.flatMap((name) => [
    is(`${shown(name)} is no name in a record`, TYPE_ERROR, ({ Headers }) => [...new Headers({ [name]: 'v' })]),
    is(`${shown(name)} is no name in a pair`, TYPE_ERROR, ({ Headers }) => [...new Headers([[name, 'v']])]),
    ...['append', 'set', 'get', 'has', 'delete'].map((method) =>
      is(`${shown(name)} is no name for ${method}`, TYPE_ERROR, ({ Headers }) =>
        call(new Headers(), method, name, 'v'),
      ),
    ),
  ]),
  ...NO_VALUES.flatMap((value) => [
    is(`${shown(value)} is no value in a record`, TYPE_ERROR, ({ Headers }) => [...new Headers({ a: value })]),
    ...['append', 'set'].map((method) =>
      is(`${shown(value)} is no value for ${method}`, TYPE_ERROR, ({ Headers }) =>
        call(new Headers(), method, 'a', value),
      ),
    ),
  ]),
  ...(
    [
      ['append'],
      ['append', 'a'],
      ['set'],
      ['set', 'a'],
      ['get'],
      ['has'],
      ['delete'],
      ['forEach'],
      ['forEach', {}],
      ['forEach', undefined],
    ] as [string, ...unknown[]][]
  ).map(([method, ...args]) =>
    is(`${method} with ${args.length} arguments that do not do is refused: ${args}`, TYPE_ERROR, ({ Headers }) =>
      call(new Headers(), method, ...args),
    ),
  ),
];

const KEPT = ['a', '', '\x01a\x1f', '\x0ba', '\x7f', '\xff', 'a \t b', ',', '"a"'];
const TRIMMED = [' a', 'a ', '\ta\t', '\r\na\r\n', ' \t\r\n a \t\r\n ', '\na'];
const values: Case[] = [
  ...KEPT.map((value) =>
    is(`the value ${shown(value)} is kept as it is`, value, ({ Headers }) => new Headers({ a: value }).get('a')),
  ),
  ...TRIMMED.map((value) =>
    is(`blanks around ${shown(value)} are taken off`, 'a', ({ Headers }) => new Headers([['a', value]]).get('a')),
  ),
  is('append takes blanks off', 'a, b', ({ Headers }) => {
    const headers = new Headers({ x: ' a ' });
    headers.append('X', '\tb\n');
    return headers.get('x');
  }),
  is('set takes blanks off', 'b', ({ Headers }) => {
    const headers = new Headers({ x: 'a' });
    headers.set('X', '\tb\n');
    return headers.get('x');
  }),
  is('empty values are put together too', ', , a', ({ Headers }) => {
    const headers = new Headers();
    for (const value of ['', '', 'a']) headers.append('x', value);
    return headers.get('x');
  }),
  is('Cookie is put together as any other', 'a=1, b=2', ({ Headers }) => {
    const headers = new Headers({ cookie: 'a=1' });
    headers.append('Cookie', 'b=2');
    return headers.get('cookie');
  }),
];

const filled = ({ Headers }: Web) => new Headers({ b: '2', 'Content-Type': 'x', A: '1' });
const methods: Case[] = [
  is('names are found in any case', ['1', true, null, false], (web) => {
    const headers = filled(web);
    return [headers.get('a'), headers.has('CONTENT-TYPE'), headers.get('no'), headers.has('no')];
  }),
  is('set takes the place of all that was there', '9', (web) => {
    const headers = filled(web);
    headers.append('a', '2');
    headers.set('A', '9');
    return headers.get('a');
  }),
  is(
    'delete takes all of a name, in any case, and nothing of another',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    (web) => {
      const headers = filled(web);
      headers.delete('content-TYPE');
      headers.delete('not-there');
      return [...headers];
    },
  ),
  is('what changes Headers returns nothing', [undefined, undefined, undefined, undefined], (web) => {
    const headers = filled(web);
    return [
      headers.append('a', 'x'),
      headers.set('a', 'x'),
      headers.delete('a'),
      // biome-ignore lint/suspicious/useIterableCallbackReturn: what it returns is asked for
      headers.forEach(() => 1),
    ];
  }),
  is(
    'forEach gives value, name and the Headers, in order',
    [
      ['1', 'a', true],
      ['2', 'b', true],
    ],
    (web) => {
      const headers = new web.Headers({ b: '2', a: '1' });
      const seen: unknown[] = [];
      headers.forEach((value, name, whole) => {
        seen.push([value, name, whole === headers]);
      });
      return seen;
    },
  ),
  is('forEach has a this of one’s choice', 7, (web) => {
    let seen: unknown;
    call(
      new web.Headers({ a: '1' }),
      'forEach',
      function (this: unknown) {
        seen = Number(this);
      },
      7,
    );
    return seen;
  }),
  ...['append', 'delete', 'get', 'getSetCookie', 'has', 'set', 'forEach', 'keys', 'values', 'entries'].flatMap(
    (method) => [
      is(`${method} is a method, and enumerable`, [true, true], ({ Headers }) => [
        typeof Object.getOwnPropertyDescriptor(Headers.prototype, method)?.value === 'function',
        Object.prototype.propertyIsEnumerable.call(Headers.prototype, method),
      ]),
    ],
  ),
  is('iterating over Headers is iterating over their entries', true, ({ Headers }) => {
    const { entries, [Symbol.iterator]: iterate } = Headers.prototype;
    return entries === iterate;
  }),
  is('Headers say what they are', '[object Headers]', (web) => Object.prototype.toString.call(filled(web))),
];

export const HEADERS: readonly Case[] = [...made, ...refused, ...values, ...methods];
