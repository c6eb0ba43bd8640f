import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { TEST_SERVER } from '#platform/testing/certificates.ts';
import { TestGateway, until } from '../testing/test-gateway.ts';
import { Wire } from '../testing/test-wire.ts';
import { connectionBound, openFilesOf } from './connection-limit.ts';

const MIB = 1024 * 1024;

test('a quarter of the memory, half of the file descriptors, at least one', () => {
  assert.equal(connectionBound(512 * MIB, 1_048_576), 8_192);
  assert.equal(connectionBound(512 * MIB, 1_024), 448);
  assert.equal(connectionBound(0, Number.POSITIVE_INFINITY), 50_000);
  assert.equal(connectionBound(2 ** 63, 100_000), 49_936);
  assert.equal(connectionBound(1_000, 10), 1);
});

test('the system says how many files may be open', () => {
  assert.equal(openFilesOf('Limit Soft Hard\nMax open files            1024                 524288    files\n'), 1_024);
  assert.equal(
    openFilesOf('Max open files            unlimited            unlimited    files\n'),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(openFilesOf(''), Number.POSITIVE_INFINITY);
});

const asked = 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n';
const answered = /^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/;

test('connections beyond the bound are closed at once, TLS or not; those that are there go on, and make room', async () => {
  await using gateway = await TestGateway.start({ maxConnections: 3 });
  const { connectionLimit } = gateway.gateway;
  const tlsPort = await gateway.gateway.listenSecurely(TEST_SERVER, 0, '127.0.0.1');
  using first = new Wire(gateway.port);
  using second = new Wire(gateway.port);
  const secure = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false }).on(
    'error',
    () => undefined,
  );
  await until(() => gateway.gateway.connections === 3, 'three are open');
  for (const port of [gateway.port, tlsPort, gateway.port]) {
    using beyond = new Wire(port).send(asked);
    await beyond.end();
    assert.equal(beyond.text, '');
  }
  assert.equal(connectionLimit.refused, 3);
  for (const wire of [first, second]) await wire.send(asked).until(answered);
  secure.destroy();
  await until(() => connectionLimit.open === 2, 'there is room again');
  using third = new Wire(gateway.port).send(asked);
  await third.until(answered);
  using offering = new Wire(gateway.port);
  await offering.end();
});

test('a connection that the server was given anew counts once', async () => {
  await using gateway = await TestGateway.start();
  using wire = new Wire(gateway.port);
  const offer = asked.replace('host: a', 'host: a\r\nconnection: upgrade\r\nupgrade: h2c');
  await wire.send(offer).until(answered);
  wire.text = '';
  await wire.send(offer).until(answered);
  assert.equal(gateway.gateway.connectionLimit.open, 1);
  wire.socket.destroy();
  await until(() => gateway.gateway.connectionLimit.open === 0, 'it is gone');
});
