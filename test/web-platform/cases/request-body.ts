import { type Case, is, TYPE_ERROR } from '../case.ts';

const URL_ = 'http://site.test:1234/path/sub?query=true';
const POSTED = { method: 'POST', body: 'text' };
const stream = () => new ReadableStream({ start: (controller) => controller.close() });

const bodies: Case[] = [
  is('a stream is the body itself', true, ({ Request }) => {
    const body = stream();
    return new Request(URL_, { method: 'POST', body, duplex: 'half' }).body === body;
  }),
  ...([null, 'text', new Uint8Array(3), new Blob([])] as const).flatMap((body) =>
    [undefined, 'half'].map((duplex) =>
      is(
        `a body of ${Object.prototype.toString.call(body)} may have duplex ${duplex}`,
        'POST',
        ({ Request }) => new Request(URL_, { method: 'POST', body, duplex }).method,
      ),
    ),
  ),
  is('a stream that is being read is no body', TYPE_ERROR, ({ Request }) => {
    const body = stream();
    body.getReader();
    return new Request(URL_, { method: 'POST', body, duplex: 'half' }).method;
  }),
  is('a stream that was read is no body', TYPE_ERROR, async ({ Request }) => {
    const body = stream();
    const reader = body.getReader();
    await reader.read();
    reader.releaseLock();
    return new Request(URL_, { method: 'POST', body, duplex: 'half' }).method;
  }),
  is(
    'a Request whose body is being read makes no other, but with another body',
    [TYPE_ERROR, 'POST'],
    ({ Request }) => {
      const request = new Request(URL_, POSTED);
      request.body?.getReader();
      return [thrown(() => new Request(request)), new Request(request, { body: 'other' }).method];
    },
  ),
  is(
    'a Request whose body was read makes no other, but with another body',
    [TYPE_ERROR, 'other'],
    async ({ Request }) => {
      const request = new Request(URL_, POSTED);
      await request.text();
      return [thrown(() => new Request(request)), await new Request(request, { body: 'other' }).text()];
    },
  ),
  is('a body goes over to the Request that is made of its own', [true, false, true, 'text'], async ({ Request }) => {
    const request = new Request(URL_, POSTED);
    const { body } = request;
    const other = new Request(request);
    return [request.bodyUsed, other.bodyUsed, request.body === body, await other.text()];
  }),
  is('a Request that could not be made took no body', [TYPE_ERROR, TYPE_ERROR, false], ({ Request }) => {
    const request = new Request(URL_, POSTED);
    const [one, two] = ['GET', 'CONNECT'].map((method) => thrown(() => new Request(request, { method })));
    return [one, two, request.bodyUsed];
  }),
  is(
    'a Request of a Request with a stream needs no duplex',
    'POST',
    ({ Request }) => new Request(new Request(URL_, { method: 'POST', body: stream(), duplex: 'half' })).method,
  ),
  is('what init says goes before what the Request says', ['PUT', 'manual', 'other'], async ({ Request }) => {
    const request = new Request(new Request(URL_, { ...POSTED, redirect: 'error' }), {
      method: 'PUT',
      redirect: 'manual',
      body: 'other',
    });
    return [request.method, request.redirect, await request.text()];
  }),
];

function thrown(does: () => unknown): unknown {
  try {
    return does();
  } catch (error) {
    return { throws: (error as Error).name };
  }
}

const clones: Case[] = [
  is('a copy has all that its Request has', ['PUT', URL_, '1', 'text', 'text'], async ({ Request }) => {
    const request = new Request(URL_, { method: 'PUT', headers: { a: '1' }, body: 'text' });
    const copy = request.clone();
    request.headers.set('a', '2');
    return [copy.method, copy.url, copy.headers.get('a'), await copy.text(), await request.text()];
  }),
  is('a Request that was read has no copy', TYPE_ERROR, async ({ Request }) => {
    const request = new Request(URL_, POSTED);
    await request.text();
    return request.clone().url;
  }),
  is('a Request that is being read has no copy', TYPE_ERROR, ({ Request }) => {
    const request = new Request(URL_, POSTED);
    request.body?.getReader();
    return request.clone().url;
  }),
  is('a Request without a body has a copy, read or not', [false, URL_], async ({ Request }) => {
    const request = new Request(URL_);
    await request.text();
    return [request.bodyUsed, request.clone().url];
  }),
];

const signals: Case[] = [
  is('a Request has a signal, once', [true, true, false], ({ Request }) => {
    const request = new Request(URL_);
    const { signal } = request;
    return [signal instanceof AbortSignal, request.signal === signal, signal.aborted];
  }),
  is('null for a signal is none', false, ({ Request }) => {
    const base = new Request(URL_, { signal: AbortSignal.abort() });
    return new Request(base, { signal: null }).signal.aborted;
  }),
  is('a Request’s signal is one of its own', false, ({ Request }) => {
    const { signal } = new AbortController();
    return new Request(URL_, { signal }).signal === signal;
  }),
  is(
    'a Request is aborted with its signal, and its copies are, for the same reason',
    ['why', 'why', 'why'],
    ({ Request }) => {
      const controller = new AbortController();
      const request = new Request(URL_, { signal: controller.signal });
      const all = [request, request.clone(), new Request(request)];
      controller.abort('why');
      return all.map(({ signal }) => signal.reason);
    },
  ),
  is(
    'a signal that is aborted already is so for the Request',
    true,
    ({ Request }) => new Request(URL_, { signal: AbortSignal.abort() }).signal.aborted,
  ),
];

export const REQUEST_BODY: readonly Case[] = [...bodies, ...clones, ...signals];
