import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Replica, replicaOf, WITH_DETAIL } from '../testing/replica.ts';

/** Handlers by path, as they are written for Cloud Functions. */
const SOURCE = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const handlers = {
  '/hello': (req, res) => { res.send('Hello ' + (req.query.name || req.body.name || 'World') + '!'); },
  '/body': (req, res) => {
    const kind = Buffer.isBuffer(req.body) ? 'buffer' : typeof req.body;
    res.json({ kind, body: Buffer.isBuffer(req.body) ? req.body.toString() : req.body, raw: req.rawBody?.toString() });
  },
  '/about': (req, res) => res.json({
    path: req.path, params: req.params, ip: req.ip, ips: req.ips, protocol: req.protocol, secure: req.secure,
    hostname: req.hostname, originalUrl: req.originalUrl, get: req.get('X-Thing'), header: req.header('x-thing'),
    json: req.is('json'), any: req.is('text/*', '*/json'), xhr: req.xhr, accepts: req.accepts('html', 'json'),
    query: req.query,
  }),
  '/status': (req, res) => res.status(201).set('X-A', 'b').type('txt').send('made'),
  '/sendStatus': (req, res) => res.sendStatus(404),
  '/string': (req, res) => res.send('<b>hi</b>'),
  '/buffer': (req, res) => res.send(Buffer.from('bytes')),
  '/object': (req, res) => res.send({ a: 1 }),
  '/number': (req, res) => res.send(42),
  '/nothing': (req, res) => res.status(204).send('not sent'),
  '/redirect': (req, res) => res.redirect('/elsewhere?q=ä'),
  '/moved': (req, res) => res.redirect(301, 'https://example.org/'),
  '/cookie': (req, res) => {
    res.cookie('a', 'b c', { maxAge: 1000, httpOnly: true, secure: true, sameSite: 'lax' }).cookie('o', { x: 1 }).clearCookie('old');
    res.append('Link', '<a>').append('Link', '<b>').vary('Accept').end();
  },
  '/stream': async (req, res) => { res.write('one '); await sleep(20); res.write('two '); await sleep(20); res.end('three'); },
  '/late': (req, res) => { setTimeout(() => res.send('late'), 100); },
  '/ignored': (req, res) => { setTimeout(() => res.send('this'), 20); return 'not this'; },
  '/rejects': async () => { throw new Error('it broke'); },
  '/throws': (req, res) => { res.set('Content-Type', 'image/png').set('X-Left', 'over'); throw new Error('it broke'); },
  '/never': () => {},
  '/overtime': async (req, res) => { await sleep(900); res.write('too late'); res.end(); },
  '/twice': (req, res) => { res.end('once'); res.write('twice'); },
  '/own': (req, res) => res.writeHead(200, { 'x-request-id': 'mine', 'X-Catnap-Not-Started': 'true', 'x-b': ['1', '2'] }).end('x'),
  '/again': async (req, res) => { let size = 0; for await (const chunk of req) size += chunk.length; res.json({ size, end: req.complete }); },
};
export const entry = (req, res) => {
  console.log('called ' + req.path);
  return handlers[req.path](req, res);
};`;

suite('signature http', { concurrency: 4 }, () => {
  let replica: Replica;
  let origin: string;
  before(async () => {
    replica = await replicaOf(SOURCE, { CATNAP_SIGNATURE: 'http', CATNAP_TIMEOUT_SECONDS: '0.5' });
    origin = await replica.origin();
  });
  after(() => replica[Symbol.asyncDispose]());

  const ask = (path: string, init?: RequestInit) => fetch(origin + path, { redirect: 'manual', ...init });
  const post = (path: string, type: string, body: RequestInit['body'] | Buffer, more: Record<string, string> = {}) =>
    ask(path, { method: 'POST', body: body as string, headers: { 'content-type': type, ...more } });

  test('the hello of Cloud Functions, by query, by body, by neither', async () => {
    assert.equal(await (await ask('/hello?name=you')).text(), 'Hello you!');
    assert.equal(await (await post('/hello', 'application/json', '{"name":"me"}')).text(), 'Hello me!');
    assert.equal(await (await ask('/hello')).text(), 'Hello World!');
  });

  test('a body is parsed by its type, and kept as bytes', async () => {
    const parsed = async (type: string, body: string | Buffer, more = {}) =>
      (await post('/body', type, body, more)).json();
    assert.deepEqual(await parsed('application/json', '{"a":1}'), { kind: 'object', body: { a: 1 }, raw: '{"a":1}' });
    const nested = 'a=1&a=2&b[c]=3&d[]=4&e=%C3%A4+x';
    const fields = { a: ['1', '2'], b: { c: '3' }, d: ['4'], e: 'ä x' };
    assert.deepEqual(await parsed('application/x-www-form-urlencoded', nested), {
      kind: 'object',
      body: fields,
      raw: nested,
    });
    assert.deepEqual(await parsed('text/plain', 'some text'), { kind: 'string', body: 'some text', raw: 'some text' });
    assert.deepEqual(await parsed('application/x-thing', 'x'), { kind: 'buffer', body: 'x', raw: 'x' });
    const zipped = await parsed('application/json', gzipSync('{"a":1}'), { 'content-encoding': 'gzip' });
    assert.deepEqual(zipped, { kind: 'object', body: { a: 1 }, raw: '{"a":1}' });
    assert.deepEqual(await (await ask('/body')).json(), { kind: 'object', body: {} });
  });

  test('a body that is not what its type says is refused before the handler is called', async () => {
    assert.equal((await post('/body?1', 'application/json', '{')).status, 400);
    assert.equal((await post('/body?2', 'application/json', '1')).status, 400);
    assert.equal((await post('/body?3', 'text/plain', 'x', { 'content-encoding': 'zip' })).status, 415);
    assert.equal((await post('/body?4', 'text/plain', 'x', { 'content-encoding': 'gzip' })).status, 400);
  });

  test('a body that is too large is refused unread, and the connection goes on', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { 'content-length': String(33 * 1024 * 1024) };
    const request = http.request(new URL('/body', origin), { method: 'POST', agent, headers });
    request.write(Buffer.alloc(100));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    assert.equal(response.statusCode, 413);
    request.destroy();
    agent.destroy();
  });

  test('what has to be known about a request has its Express name', async () => {
    const headers = {
      'x-forwarded-for': '1.2.3.4, 5.6.7.8',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.example:8443',
      'x-thing': 'yes',
      'x-requested-with': 'XMLHttpRequest',
      accept: 'application/json, text/html;q=0.5',
    };
    assert.deepEqual(await (await post('/about?a=1&a=2&b', 'application/json', '{}', headers)).json(), {
      path: '/about',
      params: { 0: 'about', splat: ['about'] },
      ip: '1.2.3.4',
      ips: ['1.2.3.4', '5.6.7.8'],
      protocol: 'https',
      secure: true,
      hostname: 'api.example',
      originalUrl: '/about?a=1&a=2&b',
      get: 'yes',
      header: 'yes',
      json: 'json',
      any: 'application/json',
      xhr: true,
      accepts: 'json',
      query: { a: ['1', '2'], b: '' },
    });
  });

  test('the client is the one that a trusted proxy named, not the first of the list', async () => {
    const headers = { 'x-forwarded-for': '1.2.3.4, 203.0.113.9, 10.0.0.5', 'x-real-ip': '203.0.113.9' };
    const about = (await (await post('/about', 'application/json', '{}', headers)).json()) as { ip: string };
    assert.equal(about.ip, '203.0.113.9');
  });

  test('an answer has the type of what is sent', async () => {
    const typed = async (path: string) => {
      const answer = await ask(path);
      return [answer.status, answer.headers.get('content-type'), await answer.text()];
    };
    assert.deepEqual(await typed('/status'), [201, 'text/plain; charset=utf-8', 'made']);
    assert.deepEqual(await typed('/sendStatus'), [404, 'text/plain; charset=utf-8', 'Not Found']);
    assert.deepEqual(await typed('/string'), [200, 'text/html; charset=utf-8', '<b>hi</b>']);
    assert.deepEqual(await typed('/buffer'), [200, 'application/octet-stream', 'bytes']);
    assert.deepEqual(await typed('/object'), [200, 'application/json; charset=utf-8', '{"a":1}']);
    assert.deepEqual(await typed('/number'), [200, 'application/json; charset=utf-8', '42']);
    assert.deepEqual(await typed('/nothing'), [204, null, '']);
  });

  test('redirects and cookies', async () => {
    const found = await ask('/redirect');
    assert.deepEqual([found.status, found.headers.get('location')], [302, '/elsewhere?q=%C3%A4']);
    const moved = await ask('/moved');
    assert.deepEqual([moved.status, moved.headers.get('location')], [301, 'https://example.org/']);
    const { headers } = await ask('/cookie');
    const [first, ...others] = headers.getSetCookie();
    assert.match(first ?? '', /^a=b%20c; Max-Age=1; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
    const gone = 'old=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
    assert.deepEqual(others, [`o=${encodeURIComponent('j:{"x":1}')}; Path=/`, gone]);
    assert.deepEqual([headers.get('link'), headers.get('vary')], ['<a>, <b>', 'Accept']);
  });

  test('an answer may be written in pieces, and after the handler has returned', async () => {
    assert.equal(await (await ask('/stream')).text(), 'one two three');
    assert.equal(await (await ask('/late')).text(), 'late');
    assert.equal(await (await ask('/ignored')).text(), 'this');
    assert.equal((await ask('/string', { method: 'HEAD' })).headers.get('content-length'), '9');
  });

  test('an error is a 500 that has nothing of the answer that was begun', async () => {
    const rejected = await ask('/rejects', { headers: WITH_DETAIL });
    assert.deepEqual([rejected.status, ((await rejected.json()) as { message: string }).message], [500, 'it broke']);
    const thrown = await ask('/throws');
    assert.deepEqual([thrown.status, thrown.headers.get('content-type')], [500, 'application/json']);
    assert.equal(thrown.headers.get('x-left'), null);
  });

  test('an answer that is not given in time is a 504; what comes later harms no other request', async () => {
    assert.equal((await ask('/never')).status, 504);
    assert.equal((await ask('/overtime')).status, 504);
    assert.equal(await (await ask('/twice')).text(), 'once');
    await replica.line((line) => line.msg === 'the handler wrote to an answer that is over');
    assert.equal((await ask('/string')).status, 200);
  });

  test('the runtime’s own headers are its own', async () => {
    const { headers } = await ask('/own', { headers: { 'x-request-id': 'given' } });
    assert.equal(headers.get('x-request-id'), 'given');
    assert.equal(headers.get('x-catnap-not-started'), null);
    assert.equal(headers.get('x-b'), '1, 2');
    assert.equal(
      (await ask('/string', { headers: { 'x-request-id': 'implicit' } })).headers.get('x-request-id'),
      'implicit',
    );
  });

  test('a handler that reads the request as a stream gets all of it', async () => {
    const answer = await post('/again', 'application/octet-stream', Buffer.alloc(1_000_000));
    assert.deepEqual(await answer.json(), { size: 1_000_000, end: true });
  });

  test('lines of the log have the request’s id', async () => {
    await ask('/hello', { headers: { 'x-request-id': 'traced' } });
    const line = await replica.line(({ requestId, msg }) => requestId === 'traced' && msg === 'called /hello');
    assert.equal(line.level, 'info');
  });
});

test('a handler that registered itself hears the end of a request without a body, and its client leaving', async () => {
  await using replica = await replicaOf(`
    const functions = globalThis[Symbol.for('catnap.dev/functions-framework')];
    functions.http('own', (req, res) => {
      req.on('close', () => console.log('closed', req.path));
      if (req.path === '/end') req.resume().on('end', () => res.send('ended'));
      else res.write('begun');
    });`);
  const origin = await replica.origin();
  assert.equal(await (await fetch(`${origin}/end`)).text(), 'ended');
  const leaving = new AbortController();
  await fetch(`${origin}/stay`, { signal: leaving.signal });
  leaving.abort();
  await replica.line(({ msg }) => msg === 'closed /stay');
});

test('a handler that was written for a Request is told which signature it is of', async () => {
  await using replica = await replicaOf(
    `export default (request) => {
      if (request.url === '/url') return new Response(new URL(request.url).pathname);
      if (request.url === '/text') return request.text();
      return new Response('never sent');
    }`,
    { CATNAP_SIGNATURE: 'http', CATNAP_TIMEOUT_SECONDS: '5' },
  );
  const origin = await replica.origin();
  for (const path of ['/url', '/text', '/response']) {
    const answer = await fetch(origin + path, { headers: WITH_DETAIL });
    assert.equal(answer.status, 500);
    assert.match(await answer.text(), /needs spec\.signature: fetch/);
  }
});
