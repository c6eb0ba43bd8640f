import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { aFunction, ask, TestGateway, type TestGatewayOptions, until } from '../testing/test-gateway.ts';

const SPOOFED = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-prefix': '/evil',
  'x-real-ip': '203.0.113.9',
  forwarded: 'for=203.0.113.9;proto=https',
};

async function aGateway(options: TestGatewayOptions) {
  const gateway = await TestGateway.start(options);
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', (req, res) => res.end(JSON.stringify(req.headers)));
  return gateway;
}

const seenBy = async (gateway: TestGateway) => JSON.parse((await ask(gateway.port, { headers: SPOOFED })).body);
const logged = async (gateway: TestGateway) => {
  await until(() => gateway.logged.length > 0, 'the request is logged');
  return gateway.logged[0];
};

test('from anybody, what a client says of itself is replaced by what its connection is', async () => {
  await using gateway = await aGateway({});
  const seen = await seenBy(gateway);
  assert.equal(seen['x-forwarded-for'], '127.0.0.1');
  assert.equal(seen['x-forwarded-proto'], 'http');
  assert.equal(seen['x-forwarded-host'], 'hello.default.fn.example');
  assert.equal(seen.forwarded, 'for=127.0.0.1;host="hello.default.fn.example";proto=http');
  assert.equal(seen['x-forwarded-prefix'], undefined);
  assert.equal(seen['x-real-ip'], undefined);
  assert.equal((await logged(gateway))?.client, '127.0.0.1');
});

test('from a proxy of another network likewise', async () => {
  await using gateway = await aGateway({ trustedProxies: ['10.0.0.0/8', '::1/128'] });
  assert.equal((await seenBy(gateway))['x-forwarded-for'], '127.0.0.1');
});

test('from a trusted proxy it is believed, and the access log names the client', async () => {
  await using gateway = await aGateway({ trustedProxies: ['127.0.0.0/8'] });
  const seen = await seenBy(gateway);
  assert.equal(seen['x-forwarded-for'], '203.0.113.9, 127.0.0.1');
  assert.equal(seen['x-forwarded-proto'], 'https');
  assert.equal(seen['x-forwarded-host'], 'evil.example');
  assert.equal(seen['x-forwarded-prefix'], '/evil');
  assert.equal(seen['x-real-ip'], '203.0.113.9');
  assert.equal(seen.forwarded, 'for=203.0.113.9;host="evil.example";proto=https, for=127.0.0.1');
  assert.equal((await logged(gateway))?.client, '203.0.113.9');
});

const hasIpv6 = Object.values(networkInterfaces()).some((ones) => ones?.some(({ family }) => family === 'IPv6'));

test('a peer by IPv4 within IPv6 is the one that IPv4 networks hold', {
  skip: !hasIpv6 && 'not checked: this machine has no IPv6',
}, async () => {
  await using gateway = await aGateway({ trustedProxies: ['127.0.0.0/8'], host: '::' });
  assert.equal((await seenBy(gateway))['x-forwarded-for'], '203.0.113.9, 127.0.0.1');
});

test('a request for a WebSocket tells no more of its client than any other', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const backend = await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.end());
  const upgraded = once(backend.server, 'upgrade');
  const client = connect(gateway.port, '127.0.0.1');
  client.write(
    'GET / HTTP/1.1\r\nHost: hello.default.fn.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nForwarded: for=203.0.113.9\r\n\r\n',
  );
  const [request, socket] = await upgraded;
  assert.equal(request.headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(request.headers['x-forwarded-proto'], 'http');
  assert.match(request.headers.forwarded, /^for=127\.0\.0\.1;/);
  socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  client.resume();
  await once(client, 'close');
});
