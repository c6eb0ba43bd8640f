/** Handlers that pass requests on to another server, as Workers do that stand before one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Replica, replicaOf } from '../testing/replica.ts';

const SOURCE = `
const to = (request) => request.headers.get('x-target') + new URL(request.url).search;
const ways = {
  '/new-request': (request) => fetch(new Request(to(request), request)),
  '/init': (request) => fetch(to(request), request),
  '/pieces': (request) => fetch(to(request), { method: request.method, headers: request.headers, body: request.body, duplex: 'half' }),
  '/copied-headers': (request) => fetch(to(request), { method: request.method, headers: new Headers(request.headers), body: request.body, duplex: 'half' }),
  '/other-body': (request) => fetch(new Request(to(request), { method: 'POST', headers: request.headers, body: 'a body of another length' })),
  '/without-body': (request) => fetch(to(request), { headers: request.headers }),
  '/follow': (request) => fetch(new Request(to(request), request), { redirect: 'follow' }),
  '/from': async (request) => { const r = await fetch(to(request)); return new Response(r.body, r); },
  '/headers-of': async (request) => { const r = await fetch(to(request)); return new Response(r.body, { headers: r.headers }); },
  '/mutable': async (request) => { const r = await fetch(to(request)); const own = new Response(r.body, r); own.headers.set('x-own', '1'); return own; },
  '/text-of': async (request) => { const r = await fetch(to(request)); return new Response((await r.text()).toUpperCase(), r); },
  '/changed': async (request) => { const r = await fetch(to(request)); return new Response(r.body.pipeThrough(new TransformStream({ flush: (c) => c.enqueue(new Uint8Array([33])) })), r); },
  '/clone-of': async (request) => { const r = (await fetch(to(request))).clone(); return new Response(r.body, r); },
  '/as-it-is': async (request) => fetch(to(request)),
  '/own-gzip': async (request) => new Response(await new Response(new Blob(['zipped']).stream().pipeThrough(new CompressionStream('gzip'))).bytes(), { headers: { 'content-encoding': 'gzip' } }),
  '/signal': async (request) => {
    const inner = new Request('http://inner.example/', request);
    await new Promise((resolve) => inner.signal.addEventListener('abort', resolve));
    console.log('inner aborted');
  },
  '/shown': (request) => Response.json([...request.headers.keys()].filter((name) => !name.startsWith('x-'))),
};
export default { fetch: (request) => ways[new URL(request.url).pathname](request) };
`;

interface Seen {
  method: string | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

suite('a Worker that passes requests on', { concurrency: 4 }, () => {
  let replica: Replica;
  let origin: URL;
  const target = http.createServer(async (request, response) => {
    const { method, headers, url } = request;
    const seen: Seen = { method, headers, body: await text(request) };
    if (url === '/?gzip') {
      const zipped = gzipSync('plain text');
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length, 'x-a': '1' }).end(zipped);
    } else if (url === '/?found') {
      response.writeHead(302, { location: '/?elsewhere', 'set-cookie': 'session=1' }).end();
    } else response.end(JSON.stringify(seen));
  });

  before(async () => {
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    replica = await replicaOf(SOURCE, { CATNAP_TIMEOUT_SECONDS: '10' });
    origin = new URL(await replica.origin());
  });
  after(async () => {
    await replica[Symbol.asyncDispose]();
    target.closeAllConnections();
    target.close();
  });

  const targetHost = () => `127.0.0.1:${(target.address() as AddressInfo).port}`;

  interface Asked {
    path: string;
    method?: string;
    headers?: http.OutgoingHttpHeaders;
    body?: string;
  }

  async function ask({ path, method = 'GET', headers = {}, body }: Asked) {
    const request = http.request(new URL(path, origin), {
      method,
      agent: false,
      headers: { 'x-target': `http://${targetHost()}/`, ...headers },
    });
    if (headers.expect === undefined) request.end(body);
    else request.on('continue', () => request.end(body)).flushHeaders();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode, headers: response.headers, text: await text(response) };
  }

  const seenBy = async (asked: Asked): Promise<Seen> => {
    const answer = await ask(asked);
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text) as Seen;
  };

  for (const path of ['/new-request', '/init', '/pieces', '/copied-headers']) {
    test(`an upload reaches the other server, however it comes (${path})`, async () => {
      const ways: http.OutgoingHttpHeaders[] = [
        { 'content-length': 4 },
        { 'transfer-encoding': 'chunked' },
        { 'content-length': 4, expect: '100-continue' },
        { 'content-length': 4, connection: 'keep-alive, x-mine', 'x-mine': '1', te: 'trailers' },
      ];
      for (const headers of ways) {
        const seen = await seenBy({ path, method: 'POST', headers: { ...headers, 'x-a': 'b' }, body: 'text' });
        assert.deepEqual([seen.method, seen.body, seen.headers['x-a']], ['POST', 'text', 'b']);
        assert.equal(seen.headers.host, targetHost());
        assert.deepEqual(
          [seen.headers.expect, seen.headers.te, seen.headers['x-mine']],
          [undefined, undefined, undefined],
        );
      }
    });
  }

  test('the length of a body that is passed on whole is kept, of another it is its own', async () => {
    const post = { method: 'POST', headers: { 'content-length': 4 }, body: 'text' };
    assert.equal((await seenBy({ path: '/new-request', ...post })).headers['content-length'], '4');
    assert.equal((await seenBy({ path: '/other-body', ...post })).body, 'a body of another length');
    assert.equal((await seenBy({ path: '/without-body', ...post })).body, '');
  });

  test('a redirect with its cookie is the client’s to follow, unless the handler says otherwise', async () => {
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { body: 'x', headers: { 'content-length': 1 } } : {};
      const answer = await ask({ path: '/new-request?found', method, ...body });
      assert.deepEqual([answer.status, answer.headers.location], [302, '/?elsewhere']);
      assert.deepEqual(answer.headers['set-cookie'], ['session=1']);
    }
    assert.equal((await seenBy({ path: '/follow?found' })).method, 'GET');
  });

  for (const path of ['/from', '/headers-of', '/mutable', '/clone-of', '/as-it-is']) {
    test(`an answer that came compressed can be read by the client (${path})`, async () => {
      const { headers, text: body } = await ask({ path: `${path}?gzip` });
      assert.deepEqual([headers['content-encoding'], headers['x-a'], body], [undefined, '1', 'plain text']);
      assert.ok([undefined, '10'].includes(headers['content-length']));
    });
  }

  test('an answer that is changed on its way has the length that it has then', async () => {
    assert.equal((await ask({ path: '/text-of?gzip' })).text, 'PLAIN TEXT');
    assert.match((await ask({ path: '/changed' })).text, /}!$/);
  });

  test('an answer that is passed on as it came keeps its length', async () => {
    const { headers, text: body } = await ask({ path: '/from?plain' });
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
  });

  test('what a handler compresses itself is sent as it says', async () => {
    assert.equal((await ask({ path: '/own-gzip' })).headers['content-encoding'], 'gzip');
  });

  test('a request that is made of the client’s hears of its leaving', async () => {
    const request = http.request(new URL('/signal', origin)).on('error', () => undefined);
    request.end();
    await once(request, 'socket');
    setTimeout(() => request.destroy(), 50);
    await replica.line((line) => line.msg === 'inner aborted');
  });

  test('headers of one connection do not reach the handler', async () => {
    const headers = {
      connection: 'keep-alive, Mine',
      mine: '1',
      te: 'trailers',
      'keep-alive': 'timeout=5',
      accept: 'a/b',
    };
    assert.deepEqual(JSON.parse((await ask({ path: '/shown', headers })).text), ['accept', 'host']);
  });
});
