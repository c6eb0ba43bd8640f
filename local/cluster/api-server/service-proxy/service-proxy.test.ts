import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, suite, type TestContext, test } from 'node:test';
import { NOBODY, TestServer, TOKEN } from '../test-server.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

suite('services/proxy', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  /** A Service `name` whose port 80 is called http; the endpoints are of `ready` ones at 127.0.0.1, at `port`. */
  async function served(name: string, port: number, ready: readonly boolean[] = [true]): Promise<string> {
    const spec = { ports: [{ name: 'http', port: 80 }] };
    const made = await server.call('POST', `${NAMESPACE}/services`, { metadata: { name }, spec });
    assert.equal(made.code, 201, JSON.stringify(made.body));
    const endpoints = ready.map((each) => ({ addresses: ['127.0.0.1'], conditions: { ready: each } }));
    const { code, body } = await server.call('POST', SLICES, {
      metadata: { name, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port, protocol: 'TCP' }],
      endpoints,
    });
    assert.equal(code, 201, JSON.stringify(body));
    return `${NAMESPACE}/services/${name}:http/proxy`;
  }

  async function backend(t: TestContext, listener: RequestListener): Promise<number> {
    const web = createServer(listener).listen(0, '127.0.0.1');
    await once(web, 'listening');
    t.after(() => {
      web.closeAllConnections();
      web.close();
    });
    return (web.address() as AddressInfo).port;
  }

  const echo: RequestListener = async (asked, response) => {
    const heard = { method: asked.method, url: asked.url, headers: asked.headers, body: await text(asked) };
    response.writeHead(418, { 'content-type': 'text/plain', 'x-own': 'yes' }).end(JSON.stringify(heard));
  };

  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await server.fetch(path, { redirect: 'manual', ...init });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  test('the service answers, with its own status and headers, what was sent to the path below', async (t) => {
    const path = await served('echo', await backend(t, echo));
    const init = { method: 'PATCH', body: '{"a":1}', headers: { 'x-given': 'g', 'content-type': 'application/json' } };
    const { status, headers, text: body } = await ask(`${path}/a%20b/c%2Fd/?q=%2F&q=2`, init);
    const heard = JSON.parse(body);
    assert.deepEqual([status, headers.get('x-own'), headers.get('content-type')], [418, 'yes', 'text/plain']);
    assert.deepEqual([heard.method, heard.url, heard.body], ['PATCH', '/a%20b/c/d/?q=%2F&q=2', '{"a":1}']);
    assert.equal(heard.headers['x-given'], 'g');
    assert.equal(heard.headers.authorization, undefined);
    assert.equal(heard.headers.host, server.authority);
    assert.equal(heard.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(heard.headers['x-forwarded-uri'], `${path}/a%20b/c%2Fd/`);
  });

  test('a port is named by its number too', async (t) => {
    await served('numbered', await backend(t, echo));
    assert.equal((await ask(`${NAMESPACE}/services/numbered:80/proxy/`)).status, 418);
    assert.equal((await ask(`${NAMESPACE}/services/http:numbered:http/proxy/`)).status, 418);
    const none = JSON.parse((await ask(`${NAMESPACE}/services/numbered:81/proxy/`)).text);
    assert.deepEqual([none.code, none.message], [503, 'no service port 81 found for service "numbered"']);
  });

  test('a body comes as it is sent, and an answer as it is made, each before the other is complete', async (t) => {
    const path = await served(
      'stream',
      await backend(t, async (asked, response) => {
        response.writeHead(200);
        for await (const chunk of asked) response.write(`heard ${chunk}`);
        response.end('end');
      }),
    );
    const [host, port] = server.authority.split(':');
    const headers = { authorization: `Bearer ${TOKEN}`, 'transfer-encoding': 'chunked' };
    const asked = request({ host, port, path: `${path}/`, method: 'DELETE', headers });
    asked.write('one');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.setEncoding('utf8');
    const first = await once(answer, 'data');
    assert.deepEqual(first, ['heard one']);
    asked.end('two');
    assert.equal(await text(answer), 'heard twoend');
  });

  test('who leaves is gone for the service as well, and an answer that breaks off breaks off', async (t) => {
    const gone = Promise.withResolvers<void>();
    const path = await served(
      'cut',
      await backend(t, (asked, response) => {
        response.write('begun');
        if (asked.url === '/cut') return void setImmediate(() => response.destroy());
        response.once('close', () => gone.resolve());
      }),
    );
    await assert.rejects(ask(`${path}/cut`));
    const leave = new AbortController();
    const response = await server.fetch(`${path}/stay`, { signal: leave.signal });
    assert.equal(response.status, 200);
    leave.abort();
    await gone.promise;
  });

  test('an answer that is none ends that request alone', { timeout: 20_000 }, async (t) => {
    const heads = [
      'HTTP/1.1 000 Odd',
      'HTTP/1.1 042 Odd',
      'HTTP/1.1 200 O\u0001K',
      'HTTP/1.1 200 OK\r\nX-A: \u0001',
      'no HTTP',
    ];
    let head = '';
    const odd = createTcpServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(`${head}\r\nContent-Length: 0\r\n\r\n`));
    }).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    t.after(() => odd.close());
    const path = await served('odd', (odd.address() as AddressInfo).port);
    for (head of heads) {
      const { status, text: said } = await ask(`${path}/`);
      assert.deepEqual([status, JSON.parse(said).reason], [503, 'ServiceUnavailable'], head);
    }
  });

  test('a redirect leads through the proxy again, and so does the path without its slash', async (t) => {
    const path = await served(
      'moved',
      await backend(t, (_, response) => response.writeHead(302, { location: '/next?a=1' }).end()),
    );
    assert.equal((await ask(`${path}/old`)).headers.get('location'), `${NAMESPACE}/services/moved:http/proxy/next?a=1`);
    const bare = await ask(`${path}?a=1`);
    assert.deepEqual([bare.status, bare.headers.get('location')], [301, `${path}/?a=1`]);
  });

  test('where nothing can be asked, the API server says so', async (t) => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const said = async (path: string) => {
      const { code, reason, message } = JSON.parse((await ask(path)).text);
      return [code, reason, message];
    };
    const refused = await served('refused', port);
    assert.deepEqual(await said(`${refused}/`), [
      503,
      'ServiceUnavailable',
      `error trying to reach service: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    ]);
    const asleep = await served('asleep', await backend(t, echo), [false]);
    const none = (id: string) => [503, 'ServiceUnavailable', `no endpoints available for service "${id}"`];
    assert.deepEqual(await said(`${asleep}/`), none('asleep:http'));
    await served('empty', 1, []);
    assert.deepEqual(await said(`${NAMESPACE}/services/empty:http/proxy/`), none('empty'));
    assert.deepEqual(await said(`${NAMESPACE}/services/refused/proxy/`), none('refused'));
    assert.deepEqual(await said(`${NAMESPACE}/services/nobody/proxy/`), [
      404,
      'NotFound',
      'endpoints "nobody" not found',
    ]);
    assert.deepEqual(await said(`${NAMESPACE}/services/nobody:80/proxy/`), [
      404,
      'NotFound',
      'services "nobody" not found',
    ]);
    assert.deepEqual(await said(`${NAMESPACE}/services/ftp:nobody:80/proxy/`), [
      400,
      'BadRequest',
      'invalid service request "ftp:nobody:80"',
    ]);
  });

  test('only the ready endpoints of several are asked', async (t) => {
    const path = await served('some', await backend(t, echo), [false, true, false]);
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await ask(`${path}/`)).status));
    assert.deepEqual(new Set(statuses), new Set([418]));
  });

  test('each method needs its verb on services/proxy', async (t) => {
    const path = await served('guarded', await backend(t, echo));
    const rules = [
      { apiGroups: [''], resources: ['services/proxy'], resourceNames: ['guarded:http'], verbs: ['get', 'create'] },
    ];
    const token = await server.account('asks', rules);
    const status = async (method: string, who: string, at = path) =>
      (await ask(`${at}/`, { method, headers: { authorization: `Bearer ${who}` } })).status;
    for (const method of ['GET', 'HEAD', 'POST']) assert.equal(await status(method, token), 418, method);
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) assert.equal(await status(method, token), 403, method);
    assert.equal(await status('GET', token, `${NAMESPACE}/services/guarded:80/proxy`), 403);
    assert.equal(await status('GET', NOBODY), 403);
    const denied = await ask(`${path}/`, { method: 'PUT', headers: { authorization: `Bearer ${token}` } });
    assert.match(
      JSON.parse(denied.text).message,
      /cannot update resource "services\/proxy" in API group "" in the namespace "default"$/,
    );
  });
});
