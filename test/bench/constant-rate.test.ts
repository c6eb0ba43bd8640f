import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { atConstantRate, type RatePlan, requestTo, wholeAnswer } from './constant-rate.ts';

async function targetOf(t: TestContext, name: string, handler: RequestListener): Promise<RatePlan['targets'][number]> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { name, host: '127.0.0.1', port: (server.address() as AddressInfo).port, authority: 'some.example' };
}

const BRIEF = { perSecond: 1000, connections: 2, sliceSeconds: 0.02, warmUp: 1, slices: 2 };

test('each target is asked as often as the rate says, in turns of which the first do not count', async (t) => {
  const asked = { a: 0, b: 0 };
  const answer = (name: 'a' | 'b') =>
    targetOf(t, name, (_request, response) => {
      asked[name] += 1;
      response.end('hello');
    });
  const results = await atConstantRate({ ...BRIEF, targets: [await answer('a'), await answer('b')] });
  assert.deepEqual(asked, { a: 60, b: 60 });
  assert.deepEqual(
    Object.values(results).map(({ ms }) => ms.map((slice) => slice.length)),
    [
      [20, 20],
      [20, 20],
    ],
  );
});

test('a server that answers late is late for all that was due meanwhile', async (t) => {
  const slow = await targetOf(t, 'slow', (_request, response) => void setTimeout(() => response.end('late'), 15));
  const plan = { ...BRIEF, targets: [slow], connections: 1, warmUp: 0, slices: 1, sliceSeconds: 0.004 };
  const { slow: result } = await atConstantRate(plan);
  const [first = 0, , , last = 0] = result?.ms[0] ?? [];
  assert.ok(first >= 14, `${first} ms`);
  assert.ok(last >= 4 * 14 - 4, `${last} ms`);
});

test('answers other than 200 are errors', async (t) => {
  const target = await targetOf(
    t,
    'none',
    (_request, response) => void response.writeHead(404, { 'content-length': 2 }).end('no'),
  );
  const { none } = await atConstantRate({ ...BRIEF, targets: [target], warmUp: 0, slices: 1 });
  assert.equal(none?.errors, 20);
});

test('what is posted goes with its headers and length, and may be answered with another status', async (t) => {
  const seen: string[] = [];
  const target = await targetOf(t, 'post', async (request, response) => {
    for await (const piece of request) seen.push(`${request.method} ${request.headers.prefer} ${piece}`);
    response.writeHead(202, { 'content-length': 2 }).end('ok');
  });
  const posted = { ...target, headers: { Prefer: 'respond-async' }, body: 'it', status: 202 };
  const { post } = await atConstantRate({ ...BRIEF, targets: [posted], warmUp: 0, slices: 1 });
  assert.equal(post?.errors, 0);
  assert.deepEqual([...new Set(seen)], ['POST respond-async it']);
  assert.match(requestTo({ host: '', port: 0, authority: 'a.example' }), /^GET \/ HTTP\/1\.1\r\nHost: a\.example\r\n/);
});

test('an answer is whole when as much has come as its head says', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  assert.deepEqual(['HTTP/1.1 200 OK\r\n', head, `${head}hello`].map(wholeAnswer), [
    undefined,
    undefined,
    { status: 200 },
  ]);
});
