import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ReachableAddresses } from '../addresses/reachable-addresses.ts';
import { fetchJson } from './fetch-json.ts';
import { issuerKeys } from './issuer-keys.ts';

const LOOPBACK = { addresses: new ReachableAddresses(['127.0.0.0/8', '::1']), allowHttp: true };

async function aServer(answer: (base: string) => RequestListener): Promise<AsyncDisposable & { base: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', answer(base));
  return {
    base,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const json =
  (value: unknown): RequestListener =>
  (_request, response) =>
    void response.end(JSON.stringify(value));
/** A provider whose key set is at /keys. */
const provider =
  (keys: RequestListener) =>
  (base: string): RequestListener =>
  (request, response) => {
    const answer = request.url === '/keys' ? keys : json({ issuer: base, jwks_uri: `${base}/keys` });
    answer(request, response);
  };

test('keys are found by the description of the issuer, or where the spec says', async () => {
  await using server = await aServer(provider(json({ keys: [1] })));
  assert.deepEqual(await issuerKeys({ issuer: server.base }, LOOPBACK), { keys: [1] });
  const named = { issuer: 'https://elsewhere.example', jwksUri: `${server.base}/keys` };
  assert.deepEqual(await issuerKeys(named, LOOPBACK), { keys: [1] });
});

test('no address is called that is not public, by whatever name, unless it is allowed', async () => {
  let asked = 0;
  await using server = await aServer(() => (_request, response) => {
    asked += 1;
    response.end('{}');
  });
  const port = new URL(server.base).port;
  const strict = { addresses: new ReachableAddresses(), allowHttp: true };
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', '0.0.0.0']) {
    const wanted = issuerKeys({ issuer: `http://${host}:${port}` }, strict);
    await assert.rejects(wanted, /not public|no address for/, host);
  }
  assert.equal(asked, 0);
});

test('over http nothing is called unless that is allowed, and no other scheme ever', async () => {
  await assert.rejects(issuerKeys({ issuer: 'http://127.0.0.1' }, { ...LOOPBACK, allowHttp: false }), /only https/);
  for (const jwksUri of ['file:///etc/passwd', 'ftp://a.example/', 'data:application/json,{}', 'gopher://a/'])
    await assert.rejects(issuerKeys({ issuer: 'https://a.example', jwksUri }, LOOPBACK), /only https/, jwksUri);
  await assert.rejects(issuerKeys({ issuer: 'http://a:b@127.0.0.1' }, LOOPBACK), /password/);
});

test('a description is followed only to addresses that may be called, and a redirect never', async () => {
  const description = (to: string) => (base: string) => json({ issuer: base, jwks_uri: to });
  await using inside = await aServer(description('http://169.254.169.254/latest/meta-data'));
  await assert.rejects(issuerKeys({ issuer: inside.base }, LOOPBACK), /169\.254\.169\.254 is not public/);
  await using other = await aServer(() =>
    json({ issuer: 'https://other.example', jwks_uri: 'https://other.example/' }),
  );
  await assert.rejects(issuerKeys({ issuer: other.base }, LOOPBACK), /another issuer/);
  await using moved = await aServer((base) => (_request, response) => {
    response.writeHead(302, { location: `${base}/other` }).end();
  });
  await assert.rejects(issuerKeys({ issuer: moved.base }, LOOPBACK), /answers 302/);
});

test('a key set of 10 MB is not read to its end', async () => {
  let sent = 0;
  const large: RequestListener = (_request, response) => {
    const more = () => {
      while (sent < 10_000_000 && !response.destroyed) {
        sent += 65_536;
        if (!response.write(' '.repeat(65_536))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };
  await using server = await aServer(provider(large));
  await assert.rejects(issuerKeys({ issuer: server.base }, LOOPBACK), /more than 262144 bytes/);
});

test('what is no JSON, no answer, or half of one is told in a sentence', async () => {
  const answers: [RequestListener, RegExp][] = [
    [(_request, response) => void response.end('<html>'), /is not JSON/],
    [(_request, response) => void response.writeHead(500).end('{}'), /answers 500/],
    [({ socket }) => void socket.destroy(), /cannot be asked/],
    [(_request, response) => void response.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'), /./],
    [
      ({ socket }) => void socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      /./,
    ],
  ];
  for (const [answer, message] of answers) {
    await using server = await aServer(provider(answer));
    await assert.rejects(issuerKeys({ issuer: server.base }, LOOPBACK), message);
  }
});

test('an answer that never comes, or comes byte by byte, is waited for no longer than is set', async () => {
  const answers: RequestListener[] = [
    () => undefined,
    (_request, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    },
  ];
  for (const answer of answers) {
    await using server = await aServer(() => answer);
    const rules = { ...LOOPBACK, maxBytes: 1_000, timeoutMs: 200 };
    await assert.rejects(fetchJson(server.base, rules), /no answer from 127\.0\.0\.1:\d+ within 0\.2 s/);
  }
});
