/**
 * Requests over the bare wire that want past a function's policies, and what of them its handler gets. Longer than 250 lines: one
 * attempt after the other on the same gateway.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { aFunction, TestGateway, type TestGatewayOptions, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';

const KEY = 'q83vEjRWeJCrze8SNFZ4kA';
const KEYED = { access: [{ public: ['/open'] }, { apiKeys: [{ name: 'ci', sha256: hash('sha256', KEY) }] }] };
const ROUTES = [{ host: 'shop.example' }];

interface Got {
  url: string | undefined;
  headers: IncomingMessage['headers'];
  trailers: string[];
  body: string;
}

/** A gateway with a function whose replica notes what it gets. */
async function guarded(spec: object, options: TestGatewayOptions = {}) {
  const gateway = await TestGateway.start(options);
  gateway.putFunction(aFunction('hello', spec));
  const got: Got[] = [];
  await gateway.addReplica('pod-a', 'hello-1', (request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      got.push({ url: request.url, headers: request.headers, trailers: request.rawTrailers, body });
      response.end('passed');
    });
  });
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return { gateway, got, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

/** Status codes of all answers to what is sent over one connection, until it ends or `answers` have come. */
async function statuses(port: number, text: string, answers = 1): Promise<string[]> {
  using wire = new Wire(port);
  const codes = () => [...wire.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code = '']) => code);
  wire.send(text);
  await until(() => codes().filter((code) => code !== '100').length >= answers || wire.ended !== undefined, text);
  return codes();
}

const get = (path: string, ...lines: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

test('without its key nobody gets to the handler, however the request is written', async () => {
  await using scene = await guarded({ ...KEYED, routes: ROUTES });
  const key = `X-Api-Key: ${KEY}`;
  const requests: [string, string][] = [
    ['no key', get('/')],
    ['twice the same', get('/', key, key)],
    ['a wrong one first', get('/', 'X-Api-Key: nononononononononononono', key)],
    ['an empty one first', get('/', 'X-Api-Key:', key)],
    ['with underscores', get('/', `X_Api_Key: ${KEY}`)],
    ['folded', get('/', `X-Api-Key: ${KEY.slice(0, 10)}\r\n ${KEY.slice(10)}`)],
    ['with a space before the colon', get('/', `X-Api-Key : ${KEY}`)],
    ['named in Connection', get('/', 'Connection: x-api-key', 'X-Api-Key: other-other-other-other')],
    ['a list', get('/', `X-Api-Key: ${KEY}, ${KEY}`)],
    ['long', get('/', `X-Api-Key: ${'x'.repeat(60_000)}`)],
    ['caller by header', get('/', 'X-Catnap-Caller-Way: apiKeys', 'X-Catnap-Caller-Name: ci')],
    ['in the query', get(`/?x-api-key=${KEY}`)],
    [
      'as a trailer',
      `POST / HTTP/1.1\r\nHost: ${HOST}\r\nTrailer: X-Api-Key\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${key}\r\n\r\n`,
    ],
    ['HTTP/1.0', `GET /fn/default/hello/ HTTP/1.0\r\n\r\n`],
    ['absolute form', `GET http://${HOST}/ HTTP/1.1\r\nHost: other.example\r\n\r\n`],
    [
      'absolute form with the path of another',
      `GET http://${HOST}/fn/default/other/open HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
    ],
    ['user in the host', `GET http://x@${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`],
    ['its route', `GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n`],
    ['HEAD', `HEAD / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`],
    [
      'OPTIONS',
      `OPTIONS / HTTP/1.1\r\nHost: ${HOST}\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n\r\n`,
    ],
    ['TRACE', `TRACE / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`],
    ['CONNECT', `CONNECT ${HOST}:80 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`],
    [
      'websocket',
      get(
        '/',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ),
    ],
    ['h2c', get('/', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__')],
    ...[
      '/open/../',
      '/open/%2e%2e/',
      '/open/%2E%2E%2fx',
      '/open;/../',
      '/open/..;/',
      '/open//..//x',
      '/open\\..\\x',
      '/%6fpen/x',
      '/open%2f..%2fx',
    ].map((path): [string, string] => [path, get(path)]),
    ...[
      '/OPEN',
      '/open.',
      '/opened',
      '/open%00',
      '/open/%c0%ae%c0%ae/',
      '/open/%252e%252e/',
      '//open',
      '/./open',
      '/open/.',
      '/x/../open',
      '/open%3b/x',
      '/open/\xff',
    ].map((path): [string, string] => [path, get(path)]),
  ];
  for (const [what, text] of requests) {
    const [status] = await statuses(scene.gateway.port, text);
    assert.ok(['400', '401', '404', '405', '431', '501'].includes(status ?? ''), `${what}: ${status}`);
    assert.deepEqual(await statuses(scene.gateway.port, get('/', key)), ['200'], `after ${what}`);
    assert.equal(scene.got.length, 1, what);
    scene.got.length = 0;
  }
});

test('what passes brings along nothing that the gateway alone may say, nor the key, in its trailers either', async () => {
  await using scene = await guarded(KEYED);
  const forged = [
    'X-Catnap-Caller-Name: root',
    'x_catnap_caller_claims: e30',
    'X-CATNAP-Wait: 1',
    `X_API-KEY: ${KEY}`,
    `x-api-key: ${KEY}`,
  ];
  const text = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nX-Api-Key: ${KEY}\r\nX_Catnap-Caller_Name: root\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n1\r\nx\r\n0\r\n${forged.join('\r\n')}\r\nX-Fine: yes\r\n\r\n`;
  assert.deepEqual(await statuses(scene.gateway.port, text), ['200']);
  const [got] = scene.got;
  assert.deepEqual(got?.trailers, ['X-Fine', 'yes']);
  assert.equal(got?.headers['x-catnap-caller-name'], 'ci');
  assert.ok(!/root|x.api.key/i.test(JSON.stringify(got?.headers)), JSON.stringify(got?.headers));
});

test('of pipelined requests each is judged by itself, and the connection stays', async () => {
  await using scene = await guarded(KEYED);
  const good = get('/a', `X-Api-Key: ${KEY}`);
  const withBody = `POST /b HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 60\r\n\r\n${get('/smuggled', 'X: y').slice(0, 60).padEnd(60)}`;
  const codes = await statuses(scene.gateway.port, good + withBody + get('/c') + good + get('/open'), 5);
  assert.deepEqual(codes, ['200', '401', '401', '200', '200']);
  assert.deepEqual(
    scene.got.map(({ url }) => url),
    ['/a', '/a', '/open'],
  );
});

test('who waits for 100 Continue is refused without it', async () => {
  await using scene = await guarded(KEYED);
  const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n`;
  assert.deepEqual(await statuses(scene.gateway.port, `${head}\r\n`), ['401']);
  assert.deepEqual(await statuses(scene.gateway.port, `${head}X-Api-Key: ${KEY}\r\n\r\nabcde`), ['100', '200']);
  assert.deepEqual(
    scene.got.map(({ body }) => body),
    ['abcde'],
  );
});

test('of a client whose proxy does not name it the address is not known, and not that of the proxy', async () => {
  await using scene = await guarded(
    { allowFrom: ['127.0.0.0/8', '10.0.0.0/8', '203.0.113.0/24'] },
    { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] },
  );
  const of = async (...lines: string[]) => (await statuses(scene.gateway.port, get('/', ...lines)))[0];
  for (const allowed of [
    '203.0.113.9',
    '198.51.100.1, 203.0.113.9',
    '203.0.113.9, 10.0.0.1',
    '203.0.113.9:4711',
    'unknown, 203.0.113.9',
    `${'198.51.100.1,'.repeat(4_000)}203.0.113.9`,
  ])
    assert.equal(await of(`X-Forwarded-For: ${allowed}`), '200', allowed);
  for (const refused of [
    '198.51.100.1',
    '203.0.113.9, 198.51.100.1',
    '203.0.113.9, 198.51.100.1, 10.0.0.1',
    'unknown',
    '203.0.113.9, unknown',
    '203.0.113.9, unknown, 10.0.0.1',
    '203.0.113.9, _hidden',
    '203.0.113.9, x',
    `${'203.0.113.9,'.repeat(4_000)}198.51.100.1`,
    '::ffff:198.51.100.1',
    '203.0.113.009',
    '203.0.113.9, 0xcb007109',
    '3405803785',
  ])
    assert.equal(await of(`X-Forwarded-For: ${refused}`), '403', refused);
  assert.equal(await of('Forwarded: for=unknown'), '403');
  assert.equal(await of('X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 198.51.100.1'), '403');
  assert.equal(await of(), '200', 'the proxy itself');
});

test('a preflight answers what is asked and nothing behind it; an origin is one', async () => {
  const origin = 'https://app.example.com';
  await using scene = await guarded({ ...KEYED, cors: { origins: [origin] } });
  const preflight = `OPTIONS / HTTP/1.1\r\nHost: ${HOST}\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: PUT\r\nContent-Length: 40\r\n\r\n${get('/').slice(0, 40).padEnd(40)}`;
  assert.deepEqual(await statuses(scene.gateway.port, preflight + get('/'), 2), ['204', '401']);
  for (const lines of [
    [`Origin: ${origin}`, `Origin: ${origin}`],
    [`Origin: ${origin}`, 'Origin: https://evil.example'],
    [`Origin: ${origin}\xff`],
    [`origin : ${origin}`],
  ]) {
    using wire = new Wire(scene.gateway.port);
    wire.send(get('/', ...lines, 'Connection: close'));
    await wire.end();
    assert.ok(!/access-control-allow/i.test(wire.text), wire.text);
  }
  assert.equal(scene.got.length, 0);
});

test('an upgrade counts once, whatever goes through the tunnel; what is beyond the limit is no tunnel', async () => {
  const spec = { rateLimits: [{ requests: 2, seconds: 3_600, by: 'Function' }] };
  await using scene = await wiredGateway((socket, text, count) => {
    const switched =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\nRateLimit: mine\r\n\r\n';
    socket.write(count === 1 && !text.startsWith('GET /.catnap') ? switched : text);
  }, spec);
  const upgrade = get('/', 'Connection: Upgrade', 'Upgrade: echo');
  for (const left of [1, 0]) {
    using wire = new Wire(scene.port);
    wire.send(upgrade);
    assert.match(await wire.until(/\r\n\r\n/), new RegExp(`^HTTP/1.1 101 .*ratelimit: "function";r=${left};`, 's'));
    assert.ok(!wire.text.includes('mine'));
    for (let i = 0; i < 5; i += 1) await wire.send(`${get(`/${i}`)}`).until(new RegExp(`GET /${i} HTTP`));
  }
  using wire = new Wire(scene.port);
  wire.send(`${upgrade}${get('/behind')}`);
  await wire.end();
  assert.match(wire.text, /^HTTP\/1.1 429 .*retry-after: \d+/s);
  assert.equal(
    wire.text.match(/HTTP\/1\.1 /g)?.length,
    1,
    'what stands behind may be of the other protocol, so it is no request',
  );
});

test('many requests that are refused share a connection, with or without a body', async () => {
  await using scene = await guarded({
    rateLimits: [{ requests: 1, seconds: 3_600, by: 'Client' }],
    scaling: { idleSeconds: 1 },
  });
  const post = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 10\r\n\r\n0123456789`;
  const chunked = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n`;
  const codes = await statuses(scene.gateway.port, get('/') + (get('/') + post + chunked).repeat(20), 61);
  assert.deepEqual(codes, ['200', ...Array.from({ length: 60 }, () => '429')]);
  assert.equal(scene.got.length, 1);
});
