import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { suite, test } from 'node:test';
import { replicaOf, WITH_DETAIL } from '../testing/replica.ts';

/** Everything that the server sends back to `text` on a connection of its own, until it closes. */
async function raw(origin: string, text: string): Promise<string> {
  const { port } = new URL(origin);
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.setEncoding('latin1');
  socket.write(text);
  let received = '';
  for await (const chunk of socket) received += chunk;
  return received;
}

const GET = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
const GET_LAST = (path: string) => GET(path, 'Connection: close\r\n');

// Each has a process of its own and mostly waits for it.
suite('responding', { concurrency: 4 }, () => {
  test('each kind of result becomes its kind of answer', async () => {
    await using replica = await replicaOf(`
    import { Readable } from 'node:stream';
    const results = {
      string: () => 'text', object: () => ({ a: 1 }), array: () => [1, 2], bytes: () => new Uint8Array([65, 66]),
      none: () => undefined, nothing: () => null, promise: async () => 'later', thenable: () => ({ then(resolve) { resolve('then'); } }),
      readable: () => Readable.from(['a', 'b']),
      web: () => new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('web')); c.close(); } }),
      generator: async function* () { yield 'x'; yield new Uint8Array([121]); },
      number: () => 7, circular: () => { const o = {}; o.o = o; return o; },
      used: async () => { const r = new Response('x'); await r.text(); return r; },
    };
    export default (request: Request) => results[new URL(request.url).pathname.slice(1)]();`);
    const origin = await replica.origin();
    const seen = async (kind: string) => {
      const response = await fetch(`${origin}/${kind}`);
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    assert.deepEqual(await seen('string'), [200, 'text/plain; charset=utf-8', 'text']);
    assert.deepEqual(await seen('object'), [200, 'application/json', '{"a":1}']);
    assert.deepEqual(await seen('array'), [200, 'application/json', '[1,2]']);
    assert.deepEqual(await seen('bytes'), [200, 'application/octet-stream', 'AB']);
    assert.deepEqual(await seen('none'), [204, null, '']);
    assert.deepEqual(await seen('nothing'), [204, null, '']);
    assert.deepEqual(await seen('promise'), [200, 'text/plain; charset=utf-8', 'later']);
    assert.deepEqual(await seen('thenable'), [200, 'text/plain; charset=utf-8', 'then']);
    assert.deepEqual(await seen('readable'), [200, 'application/octet-stream', 'ab']);
    assert.deepEqual(await seen('web'), [200, 'application/octet-stream', 'web']);
    assert.deepEqual(await seen('generator'), [200, 'application/octet-stream', 'xy']);
    assert.equal((await seen('number'))[0], 500);
    assert.equal((await seen('circular'))[0], 500);
    assert.equal((await seen('used'))[0], 500);
  });

  test('whatever a handler throws, the client and the log say what it was', async () => {
    await using replica = await replicaOf(`
    const thrown = {
      text: 'no luck', nothing: undefined, null: null, response: new Response('x'), object: { code: 'X', message: 'no luck' },
      other: { code: 'X' },
    };
    export default (request: Request) => { throw thrown[new URL(request.url).pathname.slice(1)]; };`);
    const origin = await replica.origin();
    const said = async (kind: string) => {
      const answer = await fetch(`${origin}/${kind}`, { headers: { 'x-request-id': kind, ...WITH_DETAIL } });
      const { err } = await replica.line((line) => line.msg === 'handler failed' && line.requestId === kind);
      return [
        answer.status,
        ((await answer.json()) as { message: string }).message,
        (err as { message: string }).message,
      ];
    };
    assert.deepEqual(await said('text'), [500, 'no luck', "'no luck'"]);
    assert.deepEqual(await said('nothing'), [500, 'the handler threw undefined, not an Error', 'undefined']);
    assert.deepEqual(await said('null'), [500, 'the handler threw null, not an Error', 'null']);
    assert.deepEqual(await said('object'), [500, 'no luck', "{ code: 'X', message: 'no luck' }"]);
    assert.deepEqual(await said('other'), [500, 'the handler threw an object, not an Error', "{ code: 'X' }"]);
    const [status, message] = await said('response');
    assert.deepEqual([status, message], [500, 'the handler threw a Response; return it instead']);
  });

  test('repeated cookies stay apart, headers of the connection and of the product cannot be set', async () => {
    await using replica = await replicaOf(`export default () => {
    const headers = new Headers({ 'content-length': '999', connection: 'upgrade', 'x-catnap-not-started': 'true', 'x-own': 'a' });
    headers.append('set-cookie', 'a=1'); headers.append('set-cookie', 'b=2');
    return new Response('four', { status: 201, statusText: 'Made', headers });
  }`);
    const answer = await raw(await replica.origin(), GET_LAST('/'));
    assert.match(answer, /^HTTP\/1\.1 201 Made\r\n/);
    assert.match(answer, /set-cookie: a=1\r\nset-cookie: b=2\r\n/);
    assert.match(answer, /content-length: 4\r\n/);
    assert.match(answer, /x-own: a\r\n/);
    assert.doesNotMatch(answer, /upgrade|not-started|length: 999/);
  });

  test('HEAD has the headers of GET and no body', async () => {
    await using replica = await replicaOf(`export default (request) => new URL(request.url).pathname === '/stream'
    ? new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(10)); } }) : 'four'`);
    const origin = await replica.origin();
    const answers = await raw(
      origin,
      `HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answers, /content-length: 4\r\n[\s\S]*\r\n\r\nHTTP\/1\.1 200/);
    assert.match(answers, /application\/octet-stream[\s\S]*\r\n\r\n$/);
  });

  test('a stream that fails after it began breaks the connection; before, it is a 500', async () => {
    await using replica = await replicaOf(`export default async function* (request) {
    const { pathname } = new URL(request.url);
    if (pathname !== '/at-once') yield 'some';
    if (pathname === '/late') await new Promise((r) => setTimeout(r, 50));
    throw new Error('stream broke');
  }`);
    const origin = await replica.origin();
    for (const path of ['/late', '/in-the-same-turn']) {
      const begun = await raw(origin, GET(path));
      assert.match(begun, /^HTTP\/1\.1 200[\s\S]*some/, path);
      assert.doesNotMatch(begun, /\r\n0\r\n\r\n$/);
    }
    assert.equal((await fetch(`${origin}/at-once`)).status, 500);
  });

  test('a head that cannot be sent is a 500, also where the stream below it takes its time', async () => {
    await using replica = await replicaOf(`
      const late = async function* () { await new Promise((resolve) => setTimeout(resolve, 50)); yield 'late'; };
      export default (request) =>
        new Response(request.url.endsWith('whole') ? 'x' : late(), { headers: { 'x-own': '\\x7f' } });`);
    const origin = await replica.origin();
    for (const path of ['whole', 'stream', 'stream']) {
      const answer = await fetch(`${origin}/${path}`, { headers: WITH_DETAIL });
      assert.deepEqual([answer.status, answer.statusText], [500, 'Internal Server Error']);
      assert.match(((await answer.json()) as { message: string }).message, /x-own/);
    }
  });

  test('a character of a header is one byte, whatever the body is', async () => {
    await using replica = await replicaOf(`
      const bodies = {
        ascii: () => 'e', text: () => 'é', slow: async function* () { await new Promise(setTimeout); yield 'é'; },
        sized: () => new ReadableStream({ start(c) { c.enqueue('é'); c.close(); } }),
      };
      export default (request: Request) => {
        const kind = new URL(request.url).pathname.slice(1);
        const length = kind === 'sized' ? { 'content-length': '2' } : {};
        return new Response(bodies[kind](), { headers: { 'x-own': 'caf\\u00e9', ...length } });
      };`);
    const origin = await replica.origin();
    for (const kind of ['ascii', 'text', 'slow', 'sized']) {
      assert.match(await raw(origin, GET_LAST(`/${kind}`)), /^x-own: caf\xe9\r$/m);
    }
  });

  test('an answer that breaks off behind another one ends the connection after that', async () => {
    await using replica = await replicaOf(`
      const failing = async function* () { yield 'begun'; throw new Error('broke'); };
      export default async (request: Request) => {
        if (request.url.endsWith('second')) {
          return new Response(failing(), { headers: request.url.includes('sized') ? { 'content-length': '9' } : {} });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
        return 'first';
      };`);
    const origin = await replica.origin();
    const received = await raw(origin, GET('/first') + GET('/second'));
    assert.match(received, /\r\n\r\nfirstHTTP\/1\.1 200 OK\r\n/);
    assert.match(received, /\r\n5\r\nbegun\r\n$/);
    await assert.rejects(raw(origin, GET('/first') + GET('/sized/second')), { code: 'ECONNRESET' });
    await replica.idle();
  });

  test('a stream shorter or longer than its announced length breaks the connection', async () => {
    await using replica = await replicaOf(`export default (request) => new Response(
    new Blob([new URL(request.url).pathname === '/short' ? 'abc' : 'abcdefgh']).stream(), { headers: { 'content-length': '5' } })`);
    const origin = await replica.origin();
    await assert.rejects(async () => (await fetch(`${origin}/short`)).text());
    await assert.rejects(async () => (await fetch(`${origin}/long`)).text());
  });

  test('a client that asks before sending is asked to go on when the handler reads, else the connection ends', async () => {
    await using replica = await replicaOf(
      `export default async (request: Request) => new URL(request.url).pathname === '/read' ? await request.text() : 'unread'`,
    );
    const origin = await replica.origin();
    const head = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`;
    const unread = await raw(origin, head('/unread'));
    assert.match(unread, /^HTTP\/1\.1 200 OK[\s\S]*connection: close/i);
    const read = http.request(`${origin}/read`, { method: 'POST', headers: { expect: '100-continue' } });
    read.on('continue', () => read.end('body'));
    const [response] = (await once(read, 'response')) as [http.IncomingMessage];
    const [text] = (await once(response, 'data')) as [Buffer];
    assert.equal(String(text), 'body');
  });
});
