import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { suite, test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { type Replica, replicaOf, WITH_DETAIL } from '../testing/replica.ts';

/** A handler that answers after `?ms=`, and says when it was entered. */
const SLOW = `export default async (request: Request) => {
  const ms = Number(new URL(request.url).searchParams.get('ms') ?? 0);
  console.log('in');
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'done';
}`;

/** Whether it takes new connections. */
async function accepts(origin: string): Promise<boolean> {
  const socket = net.connect(Number(new URL(origin).port), '127.0.0.1');
  const isOpen = await once(socket, 'connect').then(Boolean, () => false);
  socket.destroy();
  return isOpen;
}

const messages = ({ lines }: Replica) => lines.map(({ msg }) => msg);

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

  test('a delivery that runs is finished, though it takes longer than a request may and the time to leave after it', async () => {
    // With the time of a request alone it would be aborted 0.1 + 9 s after the signal.
    await using replica = await replicaOf(SLOW, { CATNAP_TIMEOUT_SECONDS: '0.1', CATNAP_ASYNC_TIMEOUT_SECONDS: '20' });
    const origin = await replica.origin();
    const long = fetch(`${origin}/?ms=10000`, { headers: { 'x-catnap-timeout-ms': '20000' } });
    await replica.line((line) => line.msg === 'in');
    replica.process.kill('SIGTERM');
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

  test('a client that reads slowly gets all of its answer', async () => {
    await using replica = await replicaOf(`export default () => 'x'.repeat(64 * 1024 * 1024);`);
    const origin = await replica.origin();
    const request = http.get(origin);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    replica.process.kill('SIGTERM');
    await until(async () => !(await accepts(origin)), 'it takes no more connections');
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    assert.equal(bytes, 64 * 1024 * 1024);
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
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

  test('dispose is awaited after the last request and what was given to waitUntil, then it exits', async () => {
    await using replica = await replicaOf(`
    export async function dispose() { console.log('disposing'); await wait(200); console.log('disposed'); }
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    export default async (request, context) => {
      console.log('in');
      await wait(800);
      context.waitUntil(wait(200).then(() => console.log('waited')));
      return 'ok';
    }`);
    const origin = await replica.origin();
    const last = fetch(origin);
    await replica.line((line) => line.msg === 'in');
    replica.process.kill('SIGTERM');
    assert.equal(await (await last).text(), 'ok');
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    assert.deepEqual(messages(replica).slice(-3), ['waited', 'disposing', 'disposed']);
  });

  test('dispose may be a method of what is exported; one that fails is logged, and the exit code is 1', async () => {
    await using replica = await replicaOf(`export default {
      name: 'pool',
      fetch: () => new Response('ok'),
      async dispose() { throw new Error('no way to close the ' + this.name); },
    }`);
    await replica.origin();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    const line = await replica.line((found) => found.msg === 'dispose failed');
    assert.match((line.err as { stack: string }).stack, /close the pool\n.*index\.ts:4/);
  });

  test('dispose is not called where the process failed', async () => {
    await using replica = await replicaOf(`export const dispose = () => console.log('disposed');
    export default () => { setTimeout(() => { throw new Error('stray'); }); return 'ok'; }`);
    assert.equal(await (await fetch(await replica.origin())).text(), 'ok');
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    assert.ok(!messages(replica).includes('disposed'));
  });

  test('an error that nothing caught in dispose ends it', async () => {
    await using replica = await replicaOf(`export const dispose = async () => {
      setTimeout(() => { throw new Error('stray'); });
      await new Promise(() => undefined);
    };
    export default () => 'ok';`);
    await replica.origin();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    await replica.line((line) => line.level === 'fatal');
  });

  test('a second signal, of either kind, aborts what runs, and it exits', async () => {
    await using replica = await replicaOf(`export default async (request, context) => {
      console.log('in');
      context.signal.addEventListener('abort', () => console.log('aborted ' + context.signal.reason.message));
      if (new URL(request.url).pathname === '/stream') return new ReadableStream({ start: (c) => c.enqueue('some') });
      return new Promise(() => undefined);
    }
    export const dispose = () => console.log('disposed');`);
    const origin = await replica.origin();
    const long = fetch(origin);
    const stream = (await fetch(`${origin}/stream`)).text();
    stream.catch(() => undefined);
    await replica.line((line) => line.msg === 'in');
    replica.process.kill('SIGTERM');
    await replica.line((line) => line.msg === 'leaving');
    replica.process.kill('SIGINT');
    assert.equal((await long).status, 504);
    await assert.rejects(stream);
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    await replica.line((line) => line.msg === 'aborted the replica has to leave');
    assert.ok(!messages(replica).includes('disposed'));
  });

  test('a second signal ends a replica that disposes', async () => {
    await using replica =
      await replicaOf(`export const dispose = () => { console.log('in'); return new Promise(() => undefined); };
    export default () => 'ok';`);
    await replica.origin();
    replica.process.kill('SIGTERM');
    await replica.line((line) => line.msg === 'in');
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
  });

  test('a throw that nothing caught: its own request gets 500, the others finish, the replica exits 1', async () => {
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
    const stray = await fetch(`${origin}/stray`, { headers: { 'x-request-id': 'r-3', ...WITH_DETAIL } });
    assert.equal(stray.status, 500);
    assert.equal(stray.headers.get('connection'), 'close');
    assert.equal(((await stray.json()) as { message: string }).message, 'stray');
    assert.equal(await (await other).text(), 'done');
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    const line = await replica.line((found) => found.level === 'fatal');
    assert.equal(line.requestId, 'r-3');
    assert.match((line.err as { stack: string }).stack, /index\.ts:4/);
  });

  test('a rejection that nothing caught does the same', async () => {
    await using replica = await replicaOf(`export default async () => {
    Promise.reject(new Error('stray'));
    await new Promise(() => undefined);
  }`);
    const stray = await fetch(await replica.origin());
    assert.equal(stray.status, 500);
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
  });

  test('it serves on when its log is not read any more', async () => {
    await using replica = await replicaOf(`export default () => { console.log('said'); return 'ok'; }`);
    const origin = await replica.origin();
    replica.process.stdout?.destroy();
    assert.equal(await (await fetch(origin)).text(), 'ok');
    assert.equal(await (await fetch(origin)).text(), 'ok');
  });
});
