import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { TlsPair } from '#platform/process/tls-files.ts';
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from '#platform/testing/certificates.ts';
import { until } from '../../activator/testing/test-gateway.ts';
import { aSleepingFunction, type Scene, shown } from '../../activator/testing/test-process.ts';

/** A folder in which files change as kubelet changes those of a mounted Secret: all at once, behind a link. */
class MountedSecret implements AsyncDisposable {
  readonly folder: string;
  #versions = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(pair: TlsPair): Promise<MountedSecret> {
    const secret = new MountedSecret(await mkdtemp(join(tmpdir(), 'catnap-tls-')));
    await secret.change(pair);
    for (const file of ['tls.crt', 'tls.key']) await symlink(join('..data', file), join(secret.folder, file));
    return secret;
  }

  get env(): Record<string, string> {
    return {
      CATNAP_TLS_CERT_FILE: join(this.folder, 'tls.crt'),
      CATNAP_TLS_KEY_FILE: join(this.folder, 'tls.key'),
      CATNAP_TLS_PORT: '0',
    };
  }

  async change({ cert, key }: TlsPair): Promise<void> {
    this.#versions += 1;
    const version = `..${this.#versions}`;
    await mkdir(join(this.folder, version));
    await writeFile(join(this.folder, version, 'tls.crt'), cert);
    await writeFile(join(this.folder, version, 'tls.key'), key);
    await symlink(version, join(this.folder, '..data_tmp'));
    await rename(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** One HTTPS request; its body, and the connection that it went over. */
async function askSecurely({ activator }: Scene, what: string, agent?: Agent) {
  // By its path, not by its host: the certificate is for the address alone.
  const path = `/fn/default/hello/${what}`;
  const tls = { ca: TEST_CA, ALPNProtocols: ['h2', 'http/1.1'] };
  const target = { host: '127.0.0.1', port: activator.tlsPort, ...tls, path, agent: agent ?? false };
  const sent = request(target).end();
  const [socket] = (await once(sent, 'socket')) as [TLSSocket];
  const [response] = await once(sent, 'response');
  return { status: response.statusCode as number, body: await text(response), socket };
}

/** Common name of the certificate that a new connection is shown. */
async function shownName({ activator }: Scene): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port: activator.tlsPort, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return Array.isArray(CN) ? CN[0] : CN;
}

test('requests come in over TLS, and a new certificate is used without a connection being lost', async (t) => {
  await using secret = await MountedSecret.make(TEST_SERVER);
  await using scene = await aSleepingFunction(secret.env);
  scene.cluster.showPod(shown(scene.backend));
  assert.deepEqual((await askSecurely(scene, 'protocol')).body, 'https');

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const before = await askSecurely(scene, 'x', agent);
  assert.deepEqual([before.status, before.socket.alpnProtocol], [200, 'http/1.1']);

  await secret.change({ cert: TEST_CLIENT.cert, key: TEST_SERVER.key });
  const { said } = scene.activator;
  await until(() => said.includes('new certificate not usable, the old one stays'), 'the log says so', 10_000);
  assert.equal(await shownName(scene), 'server');

  await secret.change(TEST_CLIENT);
  await until(() => said.includes('certificate changed'), 'it is read', 10_000);
  assert.equal(await shownName(scene), 'client');
  const after = await askSecurely(scene, 'x', agent);
  assert.equal(after.status, 200);
  assert.equal(after.socket, before.socket);
});

test('TLS older than 1.2 is refused', async () => {
  await using secret = await MountedSecret.make(TEST_SERVER);
  await using scene = await aSleepingFunction(secret.env);
  const { tlsPort: port } = scene.activator;
  const old = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  const [error] = await once(old, 'error');
  assert.match(String(error), /protocol version/i);
});

test('one certificate file without the other is a mistake that is named', async () => {
  await using secret = await MountedSecret.make(TEST_SERVER);
  const { CATNAP_TLS_KEY_FILE: _, ...env } = secret.env;
  await assert.rejects(aSleepingFunction({ ...env, CATNAP_LOG_LEVEL: 'silent' }), /ended with 1/);
});

test('authorities of clients that are none, or without TLS, are a mistake that is named', async () => {
  await using secret = await MountedSecret.make(TEST_SERVER);
  const quiet = { CATNAP_LOG_LEVEL: 'silent', CATNAP_TLS_CLIENT_CA_FILE: join(secret.folder, 'tls.crt') };
  await assert.rejects(aSleepingFunction(quiet), /ended with 1/);
  await assert.rejects(aSleepingFunction({ ...secret.env, ...quiet }), /ended with 1/);
});
