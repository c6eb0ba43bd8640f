import { type Case, call, is, RANGE_ERROR, TYPE_ERROR } from '../case.ts';

const TARGET = 'http://site.test:1234/';
const get = (object: object, name: string) => (object as Record<string, unknown>)[name];

const errors: Case[] = [
  ...Object.entries({
    type: 'error',
    status: 0,
    ok: false,
    statusText: '',
    url: '',
    redirected: false,
    body: null,
  }).map(([name, value]) =>
    is(`an error’s ${name} is ${JSON.stringify(value)}`, value, ({ Response }) => get(Response.error(), name)),
  ),
  is('an error has no headers', [], ({ Response }) => [...Response.error().headers]),
  is('an error is another one each time', false, ({ Response }) => {
    const error = Response.error();
    return error === Response.error();
  }),
  is('a copy of an error is one', ['error', 0], ({ Response }) => {
    const { type, status } = Response.error().clone();
    return [type, status];
  }),
  ...(['error', 'redirect'] as const).flatMap((made) =>
    ['append', 'set', 'delete'].map((method) =>
      is(`the headers of Response.${made} are not to be changed by ${method}`, TYPE_ERROR, ({ Response }) =>
        call((made === 'error' ? Response.error() : Response.redirect(TARGET)).headers, method, 'name', 'value'),
      ),
    ),
  ),
  is('the headers of a copy of a redirect are not to be changed', TYPE_ERROR, ({ Response }) =>
    Response.redirect(TARGET).clone().headers.set('a', 'b'),
  ),
  is('headers that are made of those of a redirect may be changed', 'b', ({ Headers, Response }) => {
    const headers = new Headers(Response.redirect(TARGET).headers);
    headers.set('a', 'b');
    return headers.get('a');
  }),
  is('a Response that is made of a redirect may be changed', 'b', ({ Response }) => {
    const response = new Response(null, Response.redirect(TARGET));
    response.headers.set('a', 'b');
    return response.headers.get('a');
  }),
];

const redirects: Case[] = [
  is('a redirect is 302 by default', [302, TARGET, 'default', false, false, '', null], ({ Response }) => {
    const { status, headers, type, redirected, ok, statusText, body } = Response.redirect(TARGET);
    return [status, headers.get('location'), type, redirected, ok, statusText, body];
  }),
  ...[301, 302, 303, 307, 308].map((status) =>
    is(`a redirect may be ${status}`, [status, TARGET], ({ Response }) => {
      const response = Response.redirect(TARGET, status);
      return [response.status, response.headers.get('location')];
    }),
  ),
  ...[200, 300, 304, 309, 400, 500, 0].map((status) =>
    is(`${status} is no redirect`, RANGE_ERROR, ({ Response }) => Response.redirect(TARGET, status).status),
  ),
  is('a redirect needs a URL', TYPE_ERROR, ({ Response }) => Response.redirect('http://:no url').status),
  is('a redirect goes to a URL as the URL standard has it', 'http://site.test/%C3%9F', ({ Response }) =>
    Response.redirect('http://Site.test:80/\xdf').headers.get('location'),
  ),
  is('a redirect may go to a URL object', TARGET, ({ Response }) =>
    Response.redirect(new URL(TARGET)).headers.get('location'),
  ),
  is('Response.redirect has one parameter that it needs', ['redirect', 1], ({ Response }) => [
    Response.redirect.name,
    Response.redirect.length,
  ]),
];

const INITS: [object | undefined, unknown[]][] = [
  [undefined, [200, '', 'application/json', null]],
  [{ status: 400 }, [400, '', 'application/json', null]],
  [{ statusText: 'foo' }, [200, 'foo', 'application/json', null]],
  [{ headers: {} }, [200, '', 'application/json', null]],
  [{ headers: { 'content-type': 'foo/bar' } }, [200, '', 'foo/bar', null]],
  [{ headers: { 'x-foo': 'bar' } }, [200, '', 'application/json', 'bar']],
];
const circle: Record<string, unknown> = {};
circle.self = circle;
const json: Case[] = [
  ...INITS.map(([init, expected]) =>
    is(`JSON with init ${JSON.stringify(init)}`, [...expected, 'hello'], async ({ Response }) => {
      const response = Response.json('hello', init);
      const { status, statusText, headers } = response;
      return [status, statusText, headers.get('content-type'), headers.get('x-foo'), await response.json()];
    }),
  ),
  ...([Symbol('a'), undefined, () => 1, 1n, circle] as unknown[]).map((data) =>
    is(
      `${typeof data} ${data === circle ? 'in a circle ' : ''}is no JSON`,
      TYPE_ERROR,
      ({ Response }) => Response.json(data).status,
    ),
  ),
  is('what the data throws is thrown', { throws: 'OwnError' }, ({ Response }) => {
    const error = Object.assign(new Error(), { name: 'OwnError' });
    return Response.json({
      get a() {
        throw error;
      },
    }).status;
  }),
  ...(
    [
      ['\u{1d306}', '22f09d8c8622'],
      ['\udf06\ud834', '225c75646630365c756438333422'],
      ['\udead', '225c756465616422'],
    ] as const
  ).map(([text, hex]) =>
    is(`JSON of ${JSON.stringify(text)} in bytes`, hex, async ({ Response }) =>
      Buffer.from(await Response.json(text).arrayBuffer()).toString('hex'),
    ),
  ),
  is('the headers of JSON may be changed', ['2', 'x/y', null], ({ Response }) => {
    const { headers } = Response.json(null);
    headers.append('a', '1');
    headers.set('a', '2');
    headers.set('content-type', 'x/y');
    const type = headers.get('content-type');
    headers.delete('content-type');
    return [headers.get('a'), type, headers.get('content-type')];
  }),
];

export const RESPONSE_STATICS: readonly Case[] = [...errors, ...redirects, ...json];
