import { type Case, is, TYPE_ERROR, type Web } from '../case.ts';

const URL_ = 'http://site.test:1234/path/sub?query=true';
const POSTED = { method: 'POST', body: 'text' };
const stream = () => new ReadableStream({ start: (controller) => controller.close() });

const REFUSED_INITS: [string, unknown][] = [
  ['a window that is not null', { window: 'http://site.test/' }],
  ['a referrer that is no URL', { referrer: 'http://:no url' }],
  ['mode navigate', { mode: 'navigate' }],
  ['a mode that is none', { mode: 'strange' }],
  ['credentials that are none', { credentials: 'strange' }],
  ['a cache mode that is none', { cache: 'strange' }],
  ['a redirect mode that is none', { redirect: 'strange' }],
  ['a referrer policy that is none', { referrerPolicy: 'strange' }],
  ['a priority that is none', { priority: 'strange' }],
  ['a duplex that is none', { duplex: 'full' }],
  ['a duplex that is none, with a body', { ...POSTED, duplex: 'full' }],
  ['only-if-cached with mode cors', { mode: 'cors', cache: 'only-if-cached' }],
  ['only-if-cached with mode no-cors', { mode: 'no-cors', cache: 'only-if-cached' }],
  ['no-cors with a method of its own', { mode: 'no-cors', method: 'PUT' }],
  ['a signal that is none', { signal: {} }],
  ['a signal that is a text', { signal: 'signal' }],
  ['an init that is no object', 1],
  ['an init that is a text', 'text'],
  ['headers that are none', { headers: 1 }],
  ['headers with a name that is none', { headers: { 'a b': 'c' } }],
  ['a stream without duplex', { method: 'POST', body: stream() }],
  ['a body with GET', { body: 'text' }],
  ['an empty body with GET', { method: 'get', body: '' }],
  ['a body with HEAD', { method: 'HEAD', body: 'text' }],
];

const refused: Case[] = [
  ...REFUSED_INITS.map(([what, init]) =>
    is(`a Request takes no init with ${what}`, TYPE_ERROR, ({ Request }) => new Request(URL_, init).method),
  ),
  ...['http://:no url', 'http://user@site.test/', 'http://user:word@site.test/', 'http://:word@site.test/'].map((url) =>
    is(`a Request cannot be made of ${url}`, TYPE_ERROR, ({ Request }) => new Request(url).url),
  ),
  ...['CONNECT', 'trace', 'Track', '', 'a b', 'GET\n', '\u0100', 'a:b', '(get)'].map((method) =>
    is(
      `${JSON.stringify(method)} is no method for a Request`,
      TYPE_ERROR,
      ({ Request }) => new Request(URL_, { method }).method,
    ),
  ),
  is('a Request needs an argument', TYPE_ERROR, ({ Request }) => new Request().url),
  is('a Request is made with new alone', TYPE_ERROR, ({ Request }) =>
    (Request as unknown as (url: string) => unknown)(URL_),
  ),
];

const METHODS: [string, string][] = [
  ['get', 'GET'],
  ['hEAD', 'HEAD'],
  ['Post', 'POST'],
  ['put', 'PUT'],
  ['delete', 'DELETE'],
  ['options', 'OPTIONS'],
  ['patch', 'patch'],
  ['PATCH', 'PATCH'],
  ['Chicken', 'Chicken'],
  ['!#$%', '!#$%'],
];
const SET: [string, string, unknown][] = [
  ['mode', 'same-origin', undefined],
  ['mode', 'no-cors', undefined],
  ['mode', 'cors', undefined],
  ...['omit', 'same-origin', 'include'].map((value): [string, string, undefined] => ['credentials', value, undefined]),
  ...['default', 'no-store', 'reload', 'no-cache', 'force-cache'].map((value): [string, string, undefined] => [
    'cache',
    value,
    undefined,
  ]),
  ['cache', 'only-if-cached', { mode: 'same-origin' }],
  ...['follow', 'error', 'manual'].map((value): [string, string, undefined] => ['redirect', value, undefined]),
  ...['no-referrer', 'origin', 'strict-origin-when-cross-origin', 'unsafe-url'].map(
    (value): [string, string, undefined] => ['referrerPolicy', value, undefined],
  ),
  ['integrity', 'sha256-abc', undefined],
  ['referrer', 'about:client', undefined],
];
const DEFAULTS: Record<string, unknown> = {
  method: 'GET',
  url: URL_,
  destination: '',
  referrer: 'about:client',
  referrerPolicy: '',
  mode: 'cors',
  credentials: 'same-origin',
  cache: 'default',
  redirect: 'follow',
  integrity: '',
  keepalive: false,
  isReloadNavigation: false,
  isHistoryNavigation: false,
  duplex: 'half',
  bodyUsed: false,
  body: null,
};
const get = (object: object, name: string) => (object as Record<string, unknown>)[name];

const made: Case[] = [
  ...Object.entries(DEFAULTS).flatMap(([name, value]) => [
    is(`a Request’s ${name} is by default ${value}`, value, ({ Request }) => get(new Request(URL_), name)),
    is(`a Request’s ${name} is read only, and enumerable`, [false, value, true], ({ Request }) => {
      const request = new Request(URL_);
      const isSet = Reflect.set(request, name, 'other');
      return [
        isSet,
        get(request, name),
        Object.prototype.propertyIsEnumerable.call(Request.prototype, name) || name.startsWith('body'),
      ];
    }),
  ]),
  ...METHODS.map(([given, method]) =>
    is(`the method ${given} is ${method}`, method, ({ Request }) => new Request(URL_, { method: given }).method),
  ),
  ...SET.map(([name, value, more]) =>
    is(`a Request has ${name} ${value}`, [value, value], ({ Request }) => {
      const request = new Request(URL_, { [name]: value, ...(more as object) });
      return [get(request, name), get(request.clone(), name)];
    }),
  ),
  is('a referrer that is empty is none', '', ({ Request }) => new Request(URL_, { referrer: '' }).referrer),
  is('keepalive is a boolean', [true, false], ({ Request }) =>
    [1, 0].map((keepalive) => new Request(URL_, { keepalive }).keepalive),
  ),
  is(
    'a URL is written as the URL standard has it',
    'http://site.test/%C3%9F?a%20b#c',
    ({ Request }) => new Request('HTTP://Site.Test:80/\xdf?a b#c').url,
  ),
  is('a URL object is a URL', URL_, ({ Request }) => new Request(new URL(URL_)).url),
  ...[undefined, null, {}].map((init) =>
    is(
      `a Request may have ${JSON.stringify(init)} for an init`,
      'GET',
      ({ Request }) => new Request(URL_, init).method,
    ),
  ),
  ...['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'].map((method) =>
    is(`a Request has the method ${method}`, 'function', ({ Request }) => typeof get(new Request(URL_), method)),
  ),
  is('a Request says what it is', '[object Request]', ({ Request }) =>
    Object.prototype.toString.call(new Request(URL_)),
  ),
  is('Request has one parameter', ['Request', 1], ({ Request }) => [Request.name, Request.length]),
];

const headersOf = ({ Request }: Web, init: object) => [...new Request(URL_, init).headers];
const TYPE = ['content-type', 'potato'];
const headers: Case[] = [
  is('a Request’s headers are its own', [[['a', '1']], 'x'], ({ Headers, Request }) => {
    const given = new Headers({ a: '1' });
    const request = new Request(URL_, { headers: given });
    given.set('a', 'x');
    return [[...request.headers], given.get('a')];
  }),
  is('a Request has its headers once', true, ({ Request }) => {
    const request = new Request(URL_);
    const { headers } = request;
    return request.headers === headers;
  }),
  is('a text has a content type', [['content-type', 'text/plain;charset=UTF-8']], (web) => headersOf(web, POSTED)),
  is('a content type that is given stays', [TYPE], (web) => headersOf(web, { ...POSTED, headers: [TYPE] })),
  is('a Request of another has its headers', [TYPE], ({ Request }) => [
    ...new Request(new Request(URL_, { headers: [TYPE] })).headers,
  ]),
  is('headers that are given take the place of another’s', [], ({ Request }) => [
    ...new Request(new Request(URL_, { headers: [TYPE] }), { headers: {} }).headers,
  ]),
  is('a Request of another has the content type of its body', 'text/plain;charset=UTF-8', ({ Request }) =>
    new Request(new Request(URL_, POSTED)).headers.get('content-type'),
  ),
  ...['Host', 'Cookie', 'Content-Length', 'Origin', 'Proxy-Authorization', 'Sec-Fetch-Mode', 'Accept-Encoding'].map(
    (name) =>
      is(`a page may not set ${name}`, null, ({ Request }) =>
        new Request(URL_, { headers: { [name]: '1' } }).headers.get(name),
      ),
  ),
  is('with no-cors a page may set little', [], (web) => headersOf(web, { mode: 'no-cors', headers: { 'x-own': '1' } })),
];

export const REQUEST: readonly Case[] = [...refused, ...made, ...headers];
