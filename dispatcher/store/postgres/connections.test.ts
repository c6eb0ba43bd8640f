import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from '#platform/testing/certificates.ts';
import { PostgresServer, withoutPostgres } from '../testing/postgres-server.ts';
import { Connections } from './connections.ts';

const SECURE = { name: 'secure', text: 'SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()' };

describe('a database that speaks TLS', { skip: withoutPostgres }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'catnap-tls-'));
  const ca = join(folder, 'ca.crt');
  const otherCa = join(folder, 'other.crt');
  let server: PostgresServer;
  const isSecure = async (query: string, host = '127.0.0.1') => {
    const connections = new Connections(server.url.replace('127.0.0.1', host) + query);
    try {
      return (await connections.query<{ ssl: string }>(SECURE, []))[0]?.ssl;
    } finally {
      await connections.end();
    }
  };
  before(async () => {
    writeFileSync(ca, TEST_CA);
    writeFileSync(otherCa, TEST_CLIENT.cert);
    server = await PostgresServer.start({ tls: TEST_SERVER });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('is spoken to as sslmode says', async () => {
    assert.equal(await isSecure('?sslmode=require'), 'true');
    assert.equal(await isSecure(`?sslmode=verify-ca&sslrootcert=${ca}`), 'true');
    assert.equal(await isSecure(`?sslmode=verify-full&sslrootcert=${ca}`), 'true');
    await assert.rejects(isSecure(''), /no encryption/);
    await assert.rejects(isSecure('?sslmode=disable'), /no encryption/);
  });

  test('is not spoken to where it is not who sslmode wants', async () => {
    await assert.rejects(isSecure(`?sslmode=verify-full&sslrootcert=${otherCa}`), /certificate/);
    await assert.rejects(isSecure(`?sslmode=verify-ca&sslrootcert=${otherCa}`), /certificate/);
    await assert.rejects(isSecure(`?sslmode=verify-full&sslrootcert=${ca}`, 'localhost'), /does not match/);
    await assert.rejects(isSecure('?sslmode=verify-full'), /certificate/);
  });
});
