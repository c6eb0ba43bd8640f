import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicaOf, WITH_DETAIL } from './testing/replica.ts';

test('answers with what the handler returns and its request id', async () => {
  await using replica = await replicaOf(
    `export default (request: Request) => Response.json({ hello: new URL(request.url).searchParams.get('name') ?? 'world' })`,
  );
  const response = await fetch(`${await replica.origin()}/?name=you`, { headers: { 'x-request-id': 'abc' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-request-id'), 'abc');
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.deepEqual(await response.json(), { hello: 'you' });
});

test('a handler that throws: 500 without a stack; the log has the stack with the lines of the source', async () => {
  await using replica = await replicaOf(`interface Unused { a: string }

export default function handler(request: Request): Response {
  const broken: Unused = { a: request.url };
  throw new Error('no luck ' + broken.a.length);
}`);
  const origin = await replica.origin();
  const response = await fetch(`${origin}/x`, { headers: { 'x-request-id': 'r-1', 'x-catnap-error-detail': 'true' } });
  assert.equal(response.status, 500);
  assert.equal(response.headers.get('x-catnap-error'), 'HandlerFailed');
  const body = (await response.json()) as Record<string, string>;
  assert.equal(body.error, 'HandlerFailed');
  assert.match(body.message ?? '', /^no luck \d+$/);
  assert.equal(body.function, 'default/hello');
  assert.equal(body.requestId, 'r-1');
  const line = await replica.line((found) => found.msg === 'handler failed');
  assert.equal(line.requestId, 'r-1');
  assert.match((line.err as { stack: string }).stack, /\/function\/index\.ts:5:9/);
  const short = await (await fetch(`${origin}/x`, { headers: { 'x-request-id': 'r-2' } })).text();
  assert.doesNotMatch(short, /no luck/);
  assert.match(short, /"error":"HandlerFailed","message":"the function failed; .*"requestId":"r-2"/);
});

test('a request may have as long a head as the gateway lets through, and what that adds', async () => {
  await using replica = await replicaOf(`export default (request) => String(request.headers.get('x-long').length);`);
  const answer = await fetch(await replica.origin(), { headers: { 'x-long': 'x'.repeat(100_000) } });
  assert.equal(await answer.text(), '100000');
});

test('the ready probe answers with the uid of the pod, other internal paths with 404', async () => {
  await using replica = await replicaOf(`export default () => 'hi'`, { CATNAP_POD_UID: 'uid-1' });
  const origin = await replica.origin();
  const probe = await fetch(`${origin}/.catnap/ready`);
  assert.equal(probe.status, 200);
  assert.equal(await probe.text(), 'uid-1');
  assert.equal((await fetch(`${origin}/.catnap/other`)).status, 404);
  assert.equal((await fetch(`${origin}/.catnap/live`)).status, 200);
});

test('the context says whose request it is and how long it may take, and reads no more than was given', async () => {
  await using replica = await replicaOf(
    `export default (request: Request, context) => {
      const { requestId, deadline, env, revision, coldStart, secrets } = context;
      const message = (read: () => string) => { try { return read(); } catch (error) { return error.message; } };
      const seen = { requestId, leftMs: deadline.getTime() - Date.now(), region: env.REGION, revision, coldStart };
      return { ...seen, bundle: env.CATNAP_BUNDLE_0, secret: message(() => secrets.get('stripe', 'key')) };
    }`,
    { CATNAP_TIMEOUT_SECONDS: '5', CATNAP_REVISION: 'hello-1', REGION: 'north' },
  );
  const answer = await fetch(await replica.origin(), { headers: { 'x-request-id': 'r-1' } });
  const { leftMs, secret, ...seen } = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual(seen, { requestId: 'r-1', region: 'north', revision: 'hello-1', coldStart: true });
  assert.ok(Number(leftMs) > 4_000 && Number(leftMs) <= 5_000, `${leftMs} ms left`);
  assert.match(String(secret), /name it in spec\.secrets/);
});

test('a fetch that failed says why, and a file that is not there what to do', async () => {
  await using replica = await replicaOf(`
    const { readFileSync } = process.getBuiltinModule('node:fs');
    export default async (request) => {
      if (request.url.endsWith('/file')) return readFileSync('/function/page.html', 'utf8');
      return fetch('http://127.0.0.1:9');
    }`);
  const origin = await replica.origin();
  const told = async (path: string) => (await fetch(origin + path, { headers: WITH_DETAIL })).text();
  assert.match(await told('/fetch'), /fetch failed: (?:connect ECONNREFUSED|bad port)/);
  assert.match(await told('/file'), /ENOENT.*\/function\/page\.html.*import the file/);
});
