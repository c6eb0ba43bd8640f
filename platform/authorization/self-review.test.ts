import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ResourceAttributes } from './access-verdicts.ts';
import { SelfReviewer } from './self-review.ts';

/** An API server that knows some tokens, and what it was asked. */
async function anApiServer(t: TestContext, answers: Record<string, [status: number, body: unknown]>) {
  const asked: { authorization: string | undefined; path: string | undefined; body: string }[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    asked.push({ authorization: request.headers.authorization, path: request.url, body });
    const [status, said] = answers[request.headers.authorization ?? ''] ?? [401, { kind: 'Status', code: 401 }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const access = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`,
    source: 'test',
    credentials: async () => ({ authorization: 'Bearer of-the-process', tls: {} }),
    refresh: () => assert.fail('the process does not lose its own credentials over those of others'),
  };
  const reviewer = new SelfReviewer(access, { userAgent: 'test' });
  t.after(() => {
    reviewer[Symbol.dispose]();
    server.close();
  });
  return { asked, connections: () => connections, reviewer };
}

async function textOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString();
}

const signal = new AbortController().signal;
const logs: ResourceAttributes = { namespace: 'shop', verb: 'get', resource: 'pods', subresource: 'log' };

test('the API server is asked with the token itself, once, over a connection that is used again', async (t) => {
  const { asked, connections, reviewer } = await anApiServer(t, {
    'Bearer mine': [201, { status: { allowed: true } }],
    'Bearer others': [201, { status: { allowed: false } }],
    'Bearer barred': [403, { kind: 'Status' }],
  });
  assert.equal(await reviewer.verdict('mine', logs, signal), 'allowed');
  assert.equal(await reviewer.verdict('others', logs, signal), 'forbidden');
  assert.equal(await reviewer.verdict('barred', logs, signal), 'forbidden');
  assert.equal(await reviewer.verdict('unknown', logs, signal), 'unknown-token');
  assert.deepEqual(
    asked.map(({ authorization }) => authorization),
    ['mine', 'others', 'barred', 'unknown'].map((token) => `Bearer ${token}`),
  );
  assert.equal(connections(), 1);
  assert.equal(asked[0]?.path, '/prefix/apis/authorization.k8s.io/v1/selfsubjectaccessreviews');
  const { spec } = JSON.parse(asked[0]?.body ?? '') as { spec: unknown };
  assert.deepEqual(spec, { resourceAttributes: logs });
});

test('what is no answer allows nothing', async (t) => {
  const { reviewer } = await anApiServer(t, {
    'Bearer busy': [429, {}],
    'Bearer moved': [302, { status: { allowed: true } }],
    'Bearer long': [201, { status: { allowed: true }, rest: 'x'.repeat(100_000) }],
    'Bearer odd': [201, { status: { allowed: 'true' } }],
  });
  for (const token of ['busy', 'moved', 'long']) await assert.rejects(reviewer.verdict(token, logs, signal), token);
  assert.equal(await reviewer.verdict('odd', logs, signal), 'forbidden');
});
