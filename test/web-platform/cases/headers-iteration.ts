import { type Case, is, type Web } from '../case.ts';

const PREFIXES = { name1: 'value1', Name2: 'value2', name: 'value3', 'content-Type': 'v4', 'Content-Typ': 'v5' };
const SORTED = ['content-typ', 'content-type', 'name', 'name1', 'name2'];
const four = ({ Headers }: Web) => new Headers({ foo: '2', baz: '1', BAR: '0', quux: '3' });

/** The names that an iteration comes by, while `change` does something at each. */
function seen(headers: Headers, change: (name: string) => void): string[] {
  const names: string[] = [];
  for (const [name] of headers) {
    names.push(name);
    change(name);
    if (names.length > 20) break;
  }
  return names;
}

const cookies = ({ Headers }: Web) =>
  new Headers([
    ['set-cookie', 'foo=bar'],
    ['Set-Cookie', 'fizz=buzz; domain=example.com'],
  ]);
const TWO = ['foo=bar', 'fizz=buzz; domain=example.com'];
const others = ({ Headers }: Web) =>
  new Headers([
    ['set-cookie2', 'a'],
    ['Set-Cookie2', 'b'],
  ]);

const order: Case[] = [
  is('keys are in order and in lower case', SORTED, ({ Headers }) => [...new Headers(PREFIXES).keys()]),
  is('values are in the order of their names', ['v5', 'v4', 'value3', 'value1', 'value2'], ({ Headers }) => [
    ...new Headers(PREFIXES).values(),
  ]),
  is('entries are in order', SORTED, ({ Headers }) => [...new Headers(PREFIXES).entries()].map(([name]) => name)),
  is('an iterator that is over stays so', [true, true], ({ Headers }) => {
    const iterator = new Headers().keys();
    return [iterator.next().done, iterator.next().done];
  }),
  ...(['keys', 'values', 'entries'] as const).map((method) =>
    is(
      `the iterator of ${method} is a Headers Iterator, with a next that is enumerable`,
      [true, true, true, '[object Headers Iterator]'],
      ({ Headers }) => {
        const iterator = new Headers({ a: '1' })[method]();
        const prototype = Object.getPrototypeOf(iterator);
        const next = Object.getOwnPropertyDescriptor(prototype, 'next');
        return [
          Object.getPrototypeOf(prototype) === Object.getPrototypeOf(Object.getPrototypeOf([].values())),
          next?.enumerable,
          next?.writable,
          Object.prototype.toString.call(iterator),
        ];
      },
    ),
  ),
  is('an iterator iterates over itself', true, ({ Headers }) => {
    const iterator = new Headers().entries();
    return iterator[Symbol.iterator]() === iterator;
  }),
];

const live: Case[] = [
  is('what is deleted while iterating is not come by', ['bar', 'baz', 'quux'], (web) => {
    const headers = four(web);
    return seen(headers, () => headers.delete('foo'));
  }),
  is('deleting what was come by skips one', ['bar', 'baz', 'quux'], (web) => {
    const headers = four(web);
    return seen(headers, (name) => name === 'baz' && headers.delete('bar'));
  }),
  is('what is appended behind is come by', ['bar', 'baz', 'foo', 'quux', 'x-yz'], (web) => {
    const headers = four(web);
    return seen(headers, (name) => name === 'baz' && headers.append('X-yZ', '4'));
  }),
  is('what is appended before makes one come twice', ['bar', 'baz', 'baz', 'foo', 'quux'], (web) => {
    const headers = four(web);
    return seen(headers, (name) => name === 'baz' && headers.append('abc', '-1'));
  }),
  is('a value that is set while iterating is the new one', ['0', 'new'], ({ Headers }) => {
    const headers = new Headers({ a: '0', b: 'old' });
    const values: string[] = [];
    for (const value of headers.values()) {
      values.push(value);
      headers.set('b', 'new');
    }
    return values;
  }),
  is(
    'cookies that are added while iterating are come by each',
    ['fizz', 'a=b', 'a=b', 'test', 'test', undefined],
    ({ Headers }) => {
      const headers = new Headers({ fizz: 'fizz', 'X-Header': 'test' });
      const iterator = headers.values();
      const next = () => iterator.next().value;
      const values = [next()];
      headers.append('Set-Cookie', 'a=b');
      values.push(next());
      headers.append('Accept', 'text/html');
      values.push(next(), next());
      headers.append('set-cookie', 'c=d');
      return [...values, next(), next()];
    },
  ),
  is('forEach comes by what is appended', ['a', 'b'], ({ Headers }) => {
    const headers = new Headers({ a: '1' });
    const names: string[] = [];
    headers.forEach((_, name) => {
      names.push(name);
      if (name === 'a') headers.append('b', '2');
    });
    return names;
  }),
];

const cookieCases: Case[] = [
  is('get gives all cookies as one', 'foo=bar, fizz=buzz; domain=example.com', (web) => cookies(web).get('set-cookie')),
  is(
    'iterating comes by each cookie',
    TWO.map((one) => ['set-cookie', one]),
    (web) => [...cookies(web)],
  ),
  is('Set-Cookie2 is as any other name', [['set-cookie2', 'a, b']], (web) => [...others(web)]),
  is('cookies stay in their order', ['z=z', 'a=a', 'n=n'], ({ Headers }) => {
    const headers = new Headers(['z=z', 'a=a', 'n=n'].map((one) => ['Set-Cookie', one]));
    return [...headers].map(([, value]) => value);
  }),
  is(
    'cookies stand in their place among the names',
    ['a 4, 6', 'b 2', 'set-cookie 3', 'set-cookie 5', 'x 1'],
    ({ Headers }) => {
      const pairs = ['x 1', 'b 2', 'set-cookie 3', 'a 4', 'set-cookie 5', 'a 6'].map((pair) => pair.split(' '));
      return [...new Headers(pairs)].map((pair) => pair.join(' '));
    },
  ),
  is('has finds cookies in any case', true, (web) => cookies(web).has('sEt-cOoKiE')),
  is('set leaves one cookie', [['set-cookie', 'a=b']], (web) => {
    const headers = cookies(web);
    headers.set('set-cookie', 'a=b');
    return [...headers];
  }),
  is('delete leaves no cookie', [[], []], (web) => {
    const headers = cookies(web);
    headers.delete('set-Cookie');
    return [[...headers], headers.getSetCookie()];
  }),
  is('getSetCookie gives nothing where there is none', [], ({ Headers }) => new Headers().getSetCookie()),
  is('getSetCookie gives each', TWO, (web) => cookies(web).getSetCookie()),
  is('getSetCookie gives an empty one', [''], ({ Headers }) => new Headers([['set-cookie', '']]).getSetCookie()),
  is('getSetCookie gives equal ones', ['x', 'x'], ({ Headers }) =>
    new Headers([
      ['set-cookie', 'x'],
      ['Set-Cookie', 'x'],
    ]).getSetCookie(),
  ),
  is('getSetCookie gives no Set-Cookie2', [], (web) => others(web).getSetCookie()),
  is('what getSetCookie gave may be changed', ['foo=bar', 'fizz=buzz; domain=example.com'], (web) => {
    const headers = cookies(web);
    headers.getSetCookie().pop();
    return headers.getSetCookie();
  }),
  is('copies of Headers have each cookie', TWO, (web) => new web.Headers(cookies(web)).getSetCookie()),
  is('a Response has each cookie', TWO, (web) =>
    new web.Response('', { headers: cookies(web) }).headers.getSetCookie(),
  ),
];

export const HEADERS_ITERATION: readonly Case[] = [...order, ...live, ...cookieCases];
