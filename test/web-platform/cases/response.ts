import { type Case, is, RANGE_ERROR, TYPE_ERROR } from '../case.ts';

const DEFAULTS: Record<string, unknown> = {
  type: 'default',
  url: '',
  redirected: false,
  status: 200,
  ok: true,
  statusText: '',
  body: null,
  bodyUsed: false,
};
const get = (object: object, name: string) => (object as Record<string, unknown>)[name];

const made: Case[] = [
  ...Object.entries(DEFAULTS).flatMap(([name, value]) => [
    is(`a Response’s ${name} is by default ${value}`, value, ({ Response }) => get(new Response(), name)),
    is(`a Response’s ${name} is read only`, [false, value], ({ Response }) => {
      const response = new Response();
      return [Reflect.set(response, name, 'other'), get(response, name)];
    }),
    is(`a copy’s ${name} is by default ${value}`, value, ({ Response }) => get(new Response().clone(), name)),
  ]),
  ...['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers', 'clone'].map((name) =>
    is(`a Response’s ${name} is enumerable`, true, ({ Response }) =>
      Object.prototype.propertyIsEnumerable.call(Response.prototype, name),
    ),
  ),
  ...[0, 99, 100, 101, 199, 600, 1000, -1, Number.NaN, Number.POSITIVE_INFINITY, 'abc', null].map((status) =>
    is(`${status} is no status`, RANGE_ERROR, ({ Response }) => new Response('', { status }).status),
  ),
  ...(
    [
      [200, 200],
      [299, 299],
      [599, 599],
      ['404', 404],
      [200.9, 200],
      [true, RANGE_ERROR],
      [65_736, 200],
    ] as const
  ).map(([status, expected]) =>
    is(
      `status ${JSON.stringify(status)} is ${JSON.stringify(expected)}`,
      expected,
      ({ Response }) => new Response('', { status }).status,
    ),
  ),
  ...(
    [
      [200, true],
      [299, true],
      [300, false],
      [404, false],
      [500, false],
    ] as const
  ).map(([status, ok]) =>
    is(`${status} is ${ok ? '' : 'not '}ok`, ok, ({ Response }) => new Response('', { status }).ok),
  ),
  ...['\n', 'a\r\nb', '\0', '\u0100', '\x7f'].map((statusText) =>
    is(
      `${JSON.stringify(statusText)} is no status text`,
      TYPE_ERROR,
      ({ Response }) => new Response('', { statusText }).statusText,
    ),
  ),
  ...['', 'OK', ' a\tb ', '\xff'].map((statusText) =>
    is(
      `the status text ${JSON.stringify(statusText)} stays`,
      statusText,
      ({ Response }) => new Response('', { statusText }).statusText,
    ),
  ),
  ...[204, 205, 304].flatMap((status) => [
    is(`${status} has no body`, TYPE_ERROR, ({ Response }) => new Response('text', { status }).status),
    is(`${status} has no empty body either`, TYPE_ERROR, ({ Response }) => new Response('', { status }).status),
    is(`${status} without a body is fine`, status, ({ Response }) => new Response(null, { status }).status),
    is(`${status} has no JSON`, TYPE_ERROR, ({ Response }) => Response.json('x', { status }).status),
  ]),
  ...[1, 'text', true].map((init) =>
    is(`a Response takes no ${init} for an init`, TYPE_ERROR, ({ Response }) => new Response('', init).status),
  ),
  ...[undefined, null, {}].map((init) =>
    is(`a Response may have ${JSON.stringify(init)} for an init`, 200, ({ Response }) => new Response('', init).status),
  ),
  is('a Response’s headers are its own', ['1', '2'], ({ Headers, Response }) => {
    const headers = new Headers({ a: '1' });
    const response = new Response('', { headers });
    headers.set('a', '2');
    return [response.headers.get('a'), headers.get('a')];
  }),
  is('a Response has its headers once, and they may be changed', ['1', true], ({ Response }) => {
    const response = new Response();
    const { headers } = response;
    headers.set('a', '1');
    return [response.headers.get('a'), response.headers === headers];
  }),
  is('a page may not answer with Set-Cookie', null, ({ Response }) =>
    new Response('', { headers: { 'Set-Cookie': 'a=b' } }).headers.get('set-cookie'),
  ),
  is('a Response is made with new alone', TYPE_ERROR, ({ Response }) => (Response as unknown as () => unknown)()),
  is('a Response says what it is', '[object Response]', ({ Response }) =>
    Object.prototype.toString.call(new Response()),
  ),
  is('Response has no parameter that it needs', ['Response', 0], ({ Response }) => [Response.name, Response.length]),
  ...['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'].map((method) =>
    is(`a Response has the method ${method}`, 'function', ({ Response }) => typeof get(new Response(), method)),
  ),
];

const clones: Case[] = [
  is('a copy has all that its Response has', [201, 'GOOD', '1', 'text', 'text'], async ({ Response }) => {
    const response = new Response('text', { status: 201, statusText: 'GOOD', headers: { a: '1' } });
    const copy = response.clone();
    response.headers.set('a', '2');
    return [copy.status, copy.statusText, copy.headers.get('a'), await copy.text(), await response.text()];
  }),
  is('a Response that was read has no copy', TYPE_ERROR, async ({ Response }) => {
    const response = new Response('text');
    await response.text();
    return response.clone().status;
  }),
  is('a Response that is being read has no copy', TYPE_ERROR, ({ Response }) => {
    const response = new Response('text');
    response.body?.getReader();
    return response.clone().status;
  }),
  is('a copy is read where its Response is cancelled', [true, false, 'text'], async ({ Response }) => {
    const response = new Response('text');
    const copy = response.clone();
    void response.body?.cancel();
    return [response.bodyUsed, copy.bodyUsed, await copy.text()];
  }),
  is('a copy’s chunks are copies', [true, false], async ({ Response }) => {
    const chunk = new Uint8Array([1, 2]);
    const response = new Response(new ReadableStream({ start: (controller) => controller.enqueue(chunk) }));
    const copy = response.clone();
    const first = async ({ body }: Response) => (await body?.getReader().read())?.value;
    return [(await first(response)) === chunk, (await first(copy)) === chunk];
  }),
];

export const RESPONSE: readonly Case[] = [...made, ...clones];
