import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { KubeClient } from './client.ts';
import { isKubeError } from './error.ts';
import { isStatus, mayBeStatus, type ServiceAnswer } from './service-proxy.ts';

const { signal } = new AbortController();
const ASKED = { namespace: 'sys', service: 'gate:http', method: 'GET', path: '/fn/a?b=%2F', signal };

async function clientOf(t: TestContext, listener: RequestListener, token = () => 'Bearer t'): Promise<KubeClient> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kube = new KubeClient({
    server: `http://127.0.0.1:${port}/prefix`,
    source: 'test',
    credentials: async () => ({ authorization: token(), tls: {} }),
    refresh: () => undefined,
  });
  t.after(async () => {
    await kube[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  });
  return kube;
}

const textOf = async ({ body }: ServiceAnswer) => Buffer.concat(await Array.fromAsync(body)).toString();
const refusal = (code: number) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Forbidden', code });
const json = (body: string) => ({ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });

test('a Service is asked at its path below the API server, with headers and a body that is streamed', async (t) => {
  const kube = await clientOf(t, async (asked, response) => {
    const { url, method, headers } = asked;
    const heard = { url, method, headers, body: await text(asked) };
    response.writeHead(201, { 'x-own': 'yes' }).end(JSON.stringify(heard));
  });
  const body = Readable.from(['one ', 'two']);
  const answer = await kube.serviceProxy({ ...ASKED, method: 'POST', headers: { 'x-given': ['a', 'b'] }, body });
  assert.deepEqual([answer.status, answer.headers['x-own']], [201, 'yes']);
  const heard = JSON.parse(await textOf(answer));
  assert.equal(heard.url, '/prefix/api/v1/namespaces/sys/services/gate%3Ahttp/proxy/fn/a?b=%2F');
  assert.deepEqual([heard.method, heard.body, heard.headers['x-given']], ['POST', 'one two', 'a, b']);
  assert.equal(heard.headers.authorization, 'Bearer t');
  const again = await kube.serviceProxy({ ...ASKED, headers: { Authorization: 'Bearer of-the-user' } });
  assert.equal(JSON.parse(await textOf(again)).headers.authorization, 'Bearer t');
});

test('a Service whose answers have a header of their own may answer as the API server would: it is asked once', async (t) => {
  let asked = 0;
  const kube = await clientOf(t, (_, response) => {
    asked += 1;
    response.writeHead(401, { ...json(refusal(401)), 'x-request-id': 'id-1' }).end(refusal(401));
  });
  const answer = await kube.serviceProxy({ ...ASKED, method: 'POST', body: '{}', serviceHeader: 'x-request-id' });
  assert.deepEqual([answer.status, await textOf(answer), asked], [401, refusal(401), 1]);
});

test('what a Service answers with 4xx and 5xx is its answer, a refusal of the API server is a KubeError', async (t) => {
  const answers: [number, string][] = [
    [404, '{"error":"NoSuchFunction"}'],
    [503, refusal(500)],
    [503, '[]'],
    [500, 'null'],
    [500, '{"kind":'],
  ];
  let now: [number, string] = [200, ''];
  const kube = await clientOf(t, (_, response) => response.writeHead(now[0], json(now[1])).end(now[1]));
  for (now of answers) {
    const answer = await kube.serviceProxy(ASKED);
    assert.deepEqual([answer.status, await textOf(answer)], now);
  }
  now = [403, refusal(403)];
  await assert.rejects(kube.serviceProxy(ASKED), (error) => isKubeError(error, 403) && error.code === 'Forbidden');
});

test('a 401 of the API server is asked again with new credentials, unless the body is spent', async (t) => {
  let tokens = 0;
  const kube = await clientOf(
    t,
    (asked, response) => {
      asked.resume();
      const isGood = asked.headers.authorization === 'Bearer 2';
      response.writeHead(isGood ? 200 : 401, json(isGood ? '{}' : refusal(401))).end(isGood ? '{}' : refusal(401));
    },
    () => {
      tokens += 1;
      return `Bearer ${tokens}`;
    },
  );
  assert.equal((await kube.serviceProxy(ASKED)).status, 200);
  tokens = 2;
  const body = Readable.from(['x']);
  await assert.rejects(kube.serviceProxy({ ...ASKED, method: 'POST', body }), (error) => isKubeError(error, 401));
});

test('an answer that is cut off, late or given up is a KubeError', async (t) => {
  const kube = await clientOf(t, (asked, response) => {
    if (asked.url?.endsWith('/late')) return;
    response.write('begun');
    if (asked.url?.endsWith('/cut')) setImmediate(() => response.destroy());
  });
  await assert.rejects(textOf(await kube.serviceProxy({ ...ASKED, path: '/cut' })), { code: 'NoAnswer' });
  await assert.rejects(kube.serviceProxy({ ...ASKED, path: '/late', firstByteMs: 20 }), { code: 'DeadlineExceeded' });
  const leave = new AbortController();
  const stays = await kube.serviceProxy({ ...ASKED, path: '/stays', signal: leave.signal });
  leave.abort();
  await assert.rejects(textOf(stays), { code: 'Aborted' });
  await assert.rejects(kube.serviceProxy({ ...ASKED, signal: AbortSignal.abort() }), { code: 'Aborted' });
});

test('only what is short, plain JSON is read to find out whose refusal it is', () => {
  const headers = { 'content-type': 'application/json', 'content-length': '300' };
  assert.equal(mayBeStatus(403, headers), true);
  assert.equal(mayBeStatus(200, headers), false);
  assert.equal(mayBeStatus(403, { ...headers, 'content-length': '1000000' }), false);
  assert.equal(mayBeStatus(403, { 'content-type': 'application/json' }), false);
  assert.equal(mayBeStatus(403, { ...headers, 'content-encoding': 'gzip' }), false);
  assert.equal(mayBeStatus(403, { 'content-length': '3' }), false);
  assert.equal(isStatus(refusal(403), 403), true);
});
