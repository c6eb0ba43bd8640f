/** A request that asks for another protocol and does not get it: answers stay in step with requests all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { TEST_SERVER } from '#platform/testing/certificates.ts';
import { until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';
import { asksForUpgrade, isKept, upgradeOf } from './upgrade-request.ts';

const h2c = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
const head = (target: string, headers = '', method = 'GET', version = '1.1') =>
  `${method} ${target} HTTP/${version}\r\nhost: ${HOST}\r\n${headers}\r\n`;

/** Answers each request with its target; of a body in the same packet nothing is said. */
const echoTargets = () =>
  wiredGateway((socket, text) => {
    const target = text.split(' ')[1] ?? '';
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${target.length}\r\n\r\n${target}`);
  });

test('an offer of HTTP/2 is declined, and what came in the same packet is answered after it', async () => {
  await using wired = await echoTargets();
  using wire = new Wire(wired.port).send(head('/a', h2c) + head('/b', h2c) + head('/c') + head('/d'));
  await wire.until(/\/a(?=HTTP)[\s\S]*\/b(?=HTTP)[\s\S]*\/c(?=HTTP)[\s\S]*\/d$/);
  assert.equal(wire.text.match(/HTTP\/1\.1 200/g)?.length, 4);
  assert.doesNotMatch(wire.text, /connection: close/i);
  wire.send(head('/e'));
  await wire.until(/\/e$/);
});

test('wherever it comes among requests that were sent ahead, all behind it are answered too', async () => {
  await using wired = await echoTargets();
  const COUNT = 60;
  for (const at of [1, 15, 16, 17, 18, 25, 33, 59]) {
    const chunks = head('/put', 'transfer-encoding: chunked\r\n', 'PUT');
    const targets = Array.from({ length: COUNT }, (_, i) => head(`/n${i}`, i === at ? h2c : ''));
    targets[at - 1] = `${chunks}0\r\n\r\n`;
    using wire = new Wire(wired.port).send(targets.join(''));
    await wire.until(/\/n59$/);
    assert.equal(wire.text.match(/HTTP\/1\.1 200/g)?.length, COUNT, `offered in request ${at}`);
  }
});

test('a connection on which each request offers it is kept', async () => {
  await using wired = await echoTargets();
  using wire = new Wire(wired.port);
  for (let i = 0; i < 30; i += 1) await wire.send(head(`/n${i}`, h2c)).until(new RegExp(`/n${i}$`));
  assert.equal(wired.gateway.gateway.connections, 1);
});

test('over TLS likewise', async () => {
  await using wired = await echoTargets();
  const port = await wired.gateway.gateway.listenSecurely(TEST_SERVER, 0, '127.0.0.1');
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(head('/a', h2c) + head('/b'));
  await until(() => /\/a[\s\S]*\/b$/.test(text), 'both are answered');
  socket.destroy();
});

test('OPTIONS * that asks for an upgrade is answered', async () => {
  await using wired = await echoTargets();
  for (const upgrade of ['h2c', 'websocket', 'x']) {
    using wire = new Wire(wired.port).send(head('*', `connection: upgrade\r\nupgrade: ${upgrade}\r\n`, 'OPTIONS'));
    await wire.until(/^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/);
  }
});

test('one with a body is served; the connection ends with its answer, for the parser reads no further', async () => {
  await using wired = await echoTargets();
  for (const upgrade of ['h2c', 'websocket']) {
    const headers = `connection: upgrade\r\nupgrade: ${upgrade}\r\ncontent-length: 4\r\n`;
    using wire = new Wire(wired.port).send(`${head('/a', headers, 'POST')}body${head('/b')}`);
    await wire.end();
    assert.match(wire.text, /^HTTP\/1\.1 200 [\s\S]*connection: close\r\n[\s\S]*\/a$/i);
  }
});

test('a protocol that the function does not speak ends the connection with its answer', async () => {
  await using wired = await echoTargets();
  for (const upgrade of ['x', 'websocket', 'x/1, y']) {
    const asked = `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
    using wire = new Wire(wired.port).send(head('/a', asked) + head('/b'));
    assert.equal(await wire.end(), 'closed');
    assert.match(wire.text, /^HTTP\/1\.1 200 [\s\S]*\/a$/);
  }
});

test('HTTP/1.0 knows no upgrade', async () => {
  let seen = '';
  await using wired = await wiredGateway((socket, text) => {
    seen = text;
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
  using wire = new Wire(wired.port).send(head('/a', 'connection: upgrade\r\nupgrade: websocket\r\n', 'GET', '1.0'));
  await wire.end();
  assert.match(wire.text, /ok$/);
  assert.doesNotMatch(seen, /upgrade/i);
});

test('a connection that goes idle after an offer is closed without a word', async () => {
  await using wired = await echoTargets();
  using wire = new Wire(wired.port).send(head('/a', h2c));
  await wire.until(/\/a$/);
  const text = wire.text;
  wire.socket.end();
  await wire.end();
  assert.equal(wire.text, text);
  await until(() => wired.gateway.gateway.connections === 0, 'it is closed here');
});

test('a client that ends its side behind such a request is gone, as it is behind any other', async () => {
  const asked = { reached: 0 };
  await using wired = await wiredGateway(() => {
    asked.reached += 1;
  });
  for (const upgrade of ['h2c', 'websocket', 'x', undefined]) {
    const offer = head('/a', upgrade && `connection: upgrade\r\nupgrade: ${upgrade}\r\n`);
    const before = asked.reached;
    using wire = new Wire(wired.port).send(offer);
    await until(() => asked.reached > before, 'the function has the request');
    wire.socket.end();
    await until(() => wired.gateway.gateway.connections === 0, `it is closed here, where ${upgrade} was asked for`);
    await until(() => wired.gateway.gateway.open === 0, 'the request is over');
  }
});

test('a trailer that says close ends the connection with the answers to what was sent', async () => {
  await using wired = await echoTargets();
  const chunked = `${head('/a', 'transfer-encoding: chunked\r\n', 'POST')}0\r\nConnection: close\r\n\r\n`;
  using wire = new Wire(wired.port).send(chunked + head('/b'));
  await wire.end();
  assert.match(wire.text, /^HTTP\/1\.1 200 [\s\S]*\/a$/);
  using later = new Wire(wired.port).send(chunked);
  await later.until(/\/a$/);
  later.send(head('/b'));
  await later.end();
});

test('what asks for an upgrade, and what is made of it', () => {
  const request = (connection: string, upgrade: string, httpVersionMinor = 1) => ({
    httpVersionMinor,
    headers: { connection, upgrade },
  });
  assert.equal(asksForUpgrade(request('keep-alive, Upgrade', 'x')), true);
  assert.equal(asksForUpgrade(request('keep-alive', 'x')), false);
  for (const offer of ['h2c', 'H2', 'TLS/1.2', 'HTTP/2.0', 'websocket, h2c']) {
    assert.equal(upgradeOf(request('upgrade', offer)), null, offer);
  }
  assert.equal(upgradeOf(request('upgrade', 'websocket')), 'websocket');
  assert.equal(upgradeOf(request('upgrade', 'websocket', 0)), null);
  // Of two fields of which one is empty, Node makes this.
  assert.equal(upgradeOf(request('upgrade', 'websocket, ')), 'websocket');
  assert.equal(upgradeOf(request('upgrade', ' ,, a , b,')), 'a, b');
  for (const empty of ['', ',', ' , ']) assert.equal(upgradeOf(request('upgrade', empty)), null, JSON.stringify(empty));
  assert.equal(isKept(request('upgrade, close', 'h2c')), false);
  assert.equal(isKept(request('upgrade', 'h2c')), true);
  assert.equal(isKept(request('upgrade', 'h2c', 0)), false);
});
