import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { suite, test } from 'node:test';
import { replicaOf } from './replica.testing.ts';

/** A handler that answers after `?ms=`, and says when it was entered. */
const SLOW = `export default async (request: Request) => {
  const ms = Number(new URL(request.url).searchParams.get('ms') ?? 0);
  console.log('in');
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'done';
}`;

// Each has a process of its own and mostly waits for it.
suite('leaving', { concurrency: 4 }, () => {
  test('after SIGTERM: not ready, takes what still comes, finishes it, exits 0', async () => {
    await using replica = await replicaOf(SLOW);
    const origin = await replica.origin();
    const long = fetch(`${origin}/?ms=1500`);
    await replica.line((line) => line.msg === 'in');
    replica.process.kill('SIGTERM');
    await replica.line((line) => line.msg === 'leaving');
    assert.equal((await fetch(`${origin}/.catnap/ready`)).status, 503);
    assert.equal((await fetch(`${origin}/.catnap/live`)).status, 200);
    const late = await fetch(origin);
    assert.equal(await late.text(), 'done');
    assert.equal(late.headers.get('connection'), 'close');
    assert.equal(await (await long).text(), 'done');
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
  });

  test('idle, it exits when half a second went by without a request, whatever connections are open', async () => {
    await using replica = await replicaOf(SLOW);
    const origin = await replica.origin();
    const agent = new http.Agent({ keepAlive: true });
    const request = http.get(origin, { agent });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'end');
    const sinceMs = performance.now();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    const tookMs = performance.now() - sinceMs;
    assert.ok(tookMs >= 450 && tookMs < 2_500, `took ${tookMs} ms`);
    agent.destroy();
  });

  test('no request of a client is lost while it leaves under load', async () => {
    await using replica = await replicaOf(SLOW);
    const origin = await replica.origin();
    const first = await Promise.all(Array.from({ length: 40 }, () => fetch(`${origin}/?ms=300`)));
    const during = Array.from({ length: 40 }, () => fetch(`${origin}/?ms=300`));
    replica.process.kill('SIGTERM');
    await replica.line((line) => line.msg === 'leaving');
    const after = Array.from({ length: 40 }, () => fetch(`${origin}/?ms=300`));
    const answers = await Promise.all([...first, ...during, ...after].map(async (one) => (await one).text()));
    assert.deepEqual(new Set(answers), new Set(['done']));
    assert.equal(answers.length, 120);
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
  });

  test('what was given to waitUntil is finished before the exit', async () => {
    await using replica = await replicaOf(`export default (request, context) => {
    context.waitUntil(new Promise((resolve) => setTimeout(resolve, 1200)).then(() => console.log('written')));
    context.waitUntil(Promise.reject(new Error('not written')));
    return 'ok';
  }`);
    const origin = await replica.origin();
    await (await fetch(origin)).text();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    await replica.line((line) => line.msg === 'written');
    await replica.line((line) => line.msg === 'waitUntil failed');
  });

  test('a second signal ends it at once', async () => {
    await using replica = await replicaOf(SLOW);
    const origin = await replica.origin();
    const long = fetch(`${origin}/?ms=60000`);
    await replica.line((line) => line.msg === 'in');
    replica.process.kill('SIGTERM');
    await replica.line((line) => line.msg === 'leaving');
    replica.process.kill('SIGTERM');
    await assert.rejects(long);
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
  });

  test('a throw that nobody caught: its own request gets 500, the others finish, the replica exits 1', async () => {
    await using replica = await replicaOf(`export default async (request: Request) => {
    const { pathname } = new URL(request.url);
    console.log('in ' + pathname);
    if (pathname === '/stray') { setTimeout(() => { throw new Error('stray'); }, 10); await new Promise(() => undefined); }
    if (pathname === '/rejection') { Promise.reject(new Error('stray')); await new Promise(() => undefined); }
    await new Promise((resolve) => setTimeout(resolve, 600));
    return 'done';
  }`);
    const origin = await replica.origin();
    const other = fetch(`${origin}/other`);
    await replica.line((line) => line.msg === 'in /other');
    const stray = await fetch(`${origin}/stray`, { headers: { 'x-request-id': 'r-3' } });
    assert.equal(stray.status, 500);
    assert.equal(stray.headers.get('connection'), 'close');
    assert.equal(((await stray.json()) as { message: string }).message, 'stray');
    assert.equal(await (await other).text(), 'done');
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    const line = await replica.line((found) => found.level === 'fatal');
    assert.equal(line.requestId, 'r-3');
    assert.match((line.err as { stack: string }).stack, /index\.ts:4/);
  });

  test('a rejection that nobody caught does the same', async () => {
    await using replica = await replicaOf(`export default async () => {
    Promise.reject(new Error('stray'));
    await new Promise(() => undefined);
  }`);
    const stray = await fetch(await replica.origin());
    assert.equal(stray.status, 500);
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
  });

  test('it serves on when nobody reads its log any more', async () => {
    await using replica = await replicaOf(`export default () => { console.log('said'); return 'ok'; }`);
    const origin = await replica.origin();
    replica.process.stdout?.destroy();
    assert.equal(await (await fetch(origin)).text(), 'ok');
    assert.equal(await (await fetch(origin)).text(), 'ok');
  });
});
