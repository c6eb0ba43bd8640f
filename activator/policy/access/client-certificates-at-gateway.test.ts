import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { TEST_CA, TEST_SERVER } from '#platform/testing/certificates.ts';
import {
  CLIENT_CA,
  CLIENT_KEY,
  FORGER,
  FRONTEND,
  FRONTEND_BY_ITSELF,
  FRONTEND_EXPIRED,
  FRONTEND_FOR_SERVERS,
  FRONTEND_OF_OTHER_CA,
  OTHER_CLIENT_CA,
} from '#platform/testing/client-certificates.ts';
import type { ClientLimits } from '../../inbound/node-server.ts';
import { aFunction, ask, TestGateway, until } from '../../testing/test-gateway.ts';

/** The server's certificate is for the address alone. */
const PATH = '/fn/default/hello/';
const URI = 'spiffe://shop.example/frontend';
const BY_URI = { access: [{ clientCertificate: { uris: [URI] } }] };
const FORWARDED = `Hash=0;Cert="${encodeURIComponent(FRONTEND)}";URI=${URI}`;

/** A gateway that asks clients for certificates, and a function for the frontend that says who it takes the caller for. */
async function guarded({
  spec = BY_URI as object,
  limits = {} as Partial<ClientLimits>,
  clientCa = CLIENT_CA as string | null,
} = {}) {
  const gateway = await TestGateway.start({ limits });
  gateway.putFunction(aFunction('hello', spec));
  await gateway.addReplica('pod-a', 'hello-1', ({ headers }, response) => {
    response.end(`${headers['x-catnap-caller-way']} ${headers['x-catnap-caller-name']}`);
  });
  const pair = { ...TEST_SERVER, ...(clientCa !== null && { clientCa }) };
  const port = await gateway.gateway.listenSecurely(pair, 0, '127.0.0.1');
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return { gateway, port, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

interface Client {
  cert?: string;
  agent?: Agent;
  version?: 'TLSv1.2' | 'TLSv1.3';
  session?: Buffer | undefined;
  headers?: Record<string, string>;
}

/** One request over TLS. Unless there is an agent, its connection is closed behind it. */
async function asks(port: number, { cert, agent, version, session, headers = {} }: Client = {}) {
  const sent = request({
    ...{ host: '127.0.0.1', port, ca: TEST_CA, path: PATH, agent: agent ?? false, headers },
    ...(cert !== undefined && { cert, key: CLIENT_KEY }),
    ...(version !== undefined && { minVersion: version, maxVersion: version }),
    ...(session !== undefined && { session }),
  });
  sent.end();
  const [socket] = (await once(sent, 'socket')) as [TLSSocket];
  let ticket: Buffer | undefined;
  socket.on('session', (given) => {
    ticket = given;
  });
  const [response] = await once(sent, 'response');
  const body = await text(response);
  const { 'www-authenticate': challenge } = response.headers;
  return { status: response.statusCode as number, body, challenge, socket, ticket, resumed: socket.isSessionReused() };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version}: a certificate with a listed name lets its client in, and the function is told by which name`, async () => {
    await using scene = await guarded();
    const { status, body } = await asks(scene.port, { cert: FRONTEND, version });
    assert.deepEqual([status, body], [200, `clientCertificate ${URI}`]);
  });

  test(`${version}: a certificate that is not good is none, whatever names are in it`, async () => {
    await using scene = await guarded();
    const bad = { FRONTEND_OF_OTHER_CA, FRONTEND_BY_ITSELF, FRONTEND_EXPIRED, FRONTEND_FOR_SERVERS, none: undefined };
    for (const [what, cert] of Object.entries(bad)) {
      const { status, challenge } = await asks(scene.port, { version, ...(cert !== undefined && { cert }) });
      assert.deepEqual([status, challenge], [401, undefined], what);
    }
    assert.equal((await asks(scene.port, { cert: FRONTEND, version })).status, 200);
    assert.match(JSON.stringify(scene.gateway.refusals), /the client certificate is not good: CERT_HAS_EXPIRED/);
  });

  test(`${version}: names within other names let nobody in: 403, for it is known who asks`, async () => {
    await using scene = await guarded({
      spec: { access: [{ clientCertificate: { uris: [URI], dnsNames: ['frontend.shop.example'] } }] },
    });
    assert.equal((await asks(scene.port, { cert: FORGER, version })).status, 403);
  });

  test(`${version}: a resumed session is what its first handshake was, until the authorities change`, async () => {
    await using scene = await guarded();
    const { port } = scene;
    const first = await asks(port, { cert: FRONTEND, version });
    const resumed = await asks(port, { cert: FRONTEND, version, session: first.ticket });
    assert.deepEqual([resumed.status, resumed.resumed], [200, true]);
    const stranger = await asks(port, { version });
    const strangerAgain = await asks(port, { version, session: stranger.ticket });
    assert.deepEqual([stranger.status, strangerAgain.status, strangerAgain.resumed], [401, 401, true]);

    scene.gateway.gateway.setCertificate({ ...TEST_SERVER, clientCa: OTHER_CLIENT_CA });
    const late = await asks(port, { cert: FRONTEND, version, session: first.ticket });
    assert.deepEqual([late.status, late.resumed], [401, false]);
    assert.equal((await asks(port, { cert: FRONTEND_OF_OTHER_CA, version })).status, 200);
  });
}

test('a connection that is kept serves many requests by one certificate, and ends when the authorities change', async (t) => {
  await using scene = await guarded();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const stranger = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => [agent, stranger].map((one) => one.destroy()));
  const before = await asks(scene.port, { cert: FRONTEND, agent });
  const again = await asks(scene.port, { cert: FRONTEND, agent });
  assert.deepEqual([again.status, again.socket], [200, before.socket]);
  const unknown = await asks(scene.port, { agent: stranger });

  scene.gateway.gateway.setCertificate({ ...TEST_SERVER, clientCa: CLIENT_CA });
  assert.equal((await asks(scene.port, { cert: FRONTEND, agent })).socket, before.socket);
  scene.gateway.gateway.setCertificate({ ...TEST_SERVER, clientCa: OTHER_CLIENT_CA });
  await until(() => before.socket.destroyed, 'it has ended');
  assert.equal((await asks(scene.port, { cert: FRONTEND, agent })).status, 401);
  // Nothing was believed of it.
  assert.equal((await asks(scene.port, { agent: stranger })).socket, unknown.socket);
});

test('a handshake that began before the authorities changed counts for a few seconds at most', async () => {
  await using scene = await guarded({ limits: { handshakeMs: 300, lookMs: 50 } });
  const raw = connectTcp(scene.port, '127.0.0.1');
  await once(raw, 'connect');
  await until(() => scene.gateway.gateway.connectionLimit.open === 1, 'it is being greeted');
  scene.gateway.gateway.setCertificate({ ...TEST_SERVER, clientCa: OTHER_CLIENT_CA });
  const socket = connect({ socket: raw, host: '127.0.0.1', ca: TEST_CA, cert: FRONTEND, key: CLIENT_KEY });
  await once(socket, 'secureConnect');
  socket.resume();
  await once(socket, 'close');
});

test('no other certificate can be shown later on a connection', async () => {
  await using scene = await guarded();
  const socket = connect({
    ...{ host: '127.0.0.1', port: scene.port, ca: TEST_CA, cert: FRONTEND_BY_ITSELF, key: CLIENT_KEY },
    ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
  });
  await once(socket, 'secureConnect');
  const refused = await new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({ rejectUnauthorized: false }, resolve);
  });
  assert.match(String(refused), /no renegotiation/i);
  socket.destroy();
});

test('over http, and where the gateway asks for no certificate, nobody comes in by one', async () => {
  await using scene = await guarded();
  const headers = { 'x-forwarded-client-cert': FORWARDED, 'x-ssl-client-verify': 'SUCCESS', 'client-cert': ':AA==:' };
  assert.equal((await ask(scene.gateway.port, { headers })).status, 401);
  assert.equal((await asks(scene.port, { headers })).status, 401);
  await using deaf = await guarded({ clientCa: null });
  assert.equal((await asks(deaf.port, { cert: FRONTEND })).status, 401);
});

test('functions that ask for no certificate are there for clients with a bad one, and for those without', async () => {
  await using scene = await guarded({ spec: {} });
  for (const client of [{}, { cert: FRONTEND }, { cert: FRONTEND_OF_OTHER_CA }, { cert: FRONTEND_EXPIRED }]) {
    const { status, body } = await asks(scene.port, client);
    assert.deepEqual([status, body], [200, 'undefined undefined']);
  }
});
