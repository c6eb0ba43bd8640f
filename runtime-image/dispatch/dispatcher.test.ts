import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { suite, test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { replicaOf, WITH_DETAIL } from '../testing/replica.ts';

// Each has a process of its own and mostly waits for it.
suite('dispatcher', { concurrency: 4 }, () => {
  test('the request over the limit is refused unread, and its connection goes on', async () => {
    await using replica = await replicaOf(
      `let release; export default (request: Request) => request.method === 'GET'
      ? new Promise((resolve) => { release = resolve; console.log('in'); }) : (release?.('done'), 'released')`,
      { CATNAP_CONCURRENCY_LIMIT: '1' },
    );
    const origin = await replica.origin();
    const first = fetch(origin).then((response) => response.text());
    first.catch(() => undefined);
    await replica.line((line) => line.msg === 'in');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const refused = await post(origin, agent, Buffer.alloc(3_000_000));
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['x-catnap-not-started'], 'true');
    assert.equal(refused.headers['x-catnap-full'], 'true');
    assert.equal(refused.headers['x-catnap-error'], 'NotStarted');
    const again = await post(origin, agent, Buffer.from('small'));
    assert.equal(again.status, 503);
    assert.equal(again.reusedSocket, true);
    agent.destroy();
  });

  test('requests over the limit that may wait get the next places in order, and none whose client left runs', async () => {
    await using replica = await replicaOf(
      `let inside = 0;
      export default async (request: Request) => {
        const { pathname } = new URL(request.url);
        console.log('in', pathname, ++inside);
        await new Promise((resolve) => pathname === '/running' ? process.once('SIGUSR2', resolve) : setTimeout(resolve, 20));
        inside -= 1;
        return pathname;
      }`,
      { CATNAP_CONCURRENCY_LIMIT: '1' },
    );
    const origin = await replica.origin();
    const running = fetch(`${origin}/running`);
    await replica.line((line) => line.msg.startsWith('in /running'));
    const left = new AbortController();
    const headers = { 'x-catnap-wait-ms': '900' };
    // What is refused came after all that was sent, or was seen to leave, before it.
    const refused = async () => assert.equal((await fetch(`${origin}/refused`)).status, 503);
    const gone = fetch(`${origin}/gone`, { headers, signal: left.signal });
    gone.catch(() => undefined);
    const answers: Promise<string>[] = [];
    for (const name of ['/one', '/two', '/three']) {
      answers.push(fetch(origin + name, { headers }).then((response) => response.text()));
      await refused();
    }
    left.abort();
    await refused();
    replica.process.kill('SIGUSR2');
    assert.deepEqual(await Promise.all(answers), ['/one', '/two', '/three']);
    await (await running).text();
    const ran = replica.lines.filter(({ msg }) => msg.startsWith('in ')).map(({ msg }) => msg);
    assert.deepEqual(ran, ['in /running 1', 'in /one 1', 'in /two 1', 'in /three 1']);
  });

  interface Posted {
    status: number | undefined;
    headers: http.IncomingHttpHeaders;
    reusedSocket: boolean;
    text: string;
  }

  async function post(origin: string, agent: http.Agent, body: Buffer, path = '/'): Promise<Posted> {
    const request = http.request(new URL(path, origin), { method: 'POST', agent });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, headers: response.headers, reusedSocket: request.reusedSocket, text };
  }

  test('a body that the handler reads not at all, or in part, does not spoil the connection', async () => {
    await using replica = await replicaOf(`export default async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/part') for await (const chunk of request.body) return 'part';
    if (pathname === '/all') return String((await request.text()).length);
    return 'unread';
  }`);
    const origin = await replica.origin();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const body = Buffer.alloc(2_000_000, 'x');
    assert.equal((await post(origin, agent, body, '/unread')).text, 'unread');
    const part = await post(origin, agent, body, '/part');
    assert.equal(part.text, 'part');
    assert.equal(part.reusedSocket, true);
    const all = await post(origin, agent, body, '/all');
    assert.equal(all.text, '2000000');
    assert.equal(all.reusedSocket, true);
    agent.destroy();
  });

  test('the time limit aborts the signal and answers 504; an answer that began is broken off', async () => {
    await using replica = await replicaOf(
      `export default (request, context) => {
      if (new URL(request.url).pathname === '/stream') return new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)); } });
      return new Promise((resolve, reject) => context.signal.addEventListener('abort', () => {
        console.log('reason ' + context.signal.reason.name);
        reject(context.signal.reason);
      }));
    }`,
      { CATNAP_TIMEOUT_SECONDS: '0.2', CATNAP_CONCURRENCY_LIMIT: '1' },
    );
    const origin = await replica.origin();
    const response = await fetch(origin);
    assert.equal(response.status, 504);
    assert.equal(response.headers.get('x-catnap-error'), 'Timeout');
    const body = (await response.json()) as Record<string, string>;
    assert.equal(body.error, 'Timeout');
    assert.match(body.message ?? '', /0\.2/);
    await replica.line((line) => line.msg === 'reason TimeoutError');
    await assert.rejects(async () => (await fetch(`${origin}/stream`)).text());
    // Its place is free again, a moment after its client has heard.
    assert.equal((await fetch(origin, { headers: { 'x-catnap-wait-ms': '1000' } })).status, 504);
  });

  test('a handler that goes on after its 504 keeps its place', async () => {
    await using replica = await replicaOf(
      `let running = 0; export default async (request) => {
      running++;
      const seen = running;
      await new Promise((r) => setTimeout(r, Number(new URL(request.url).searchParams.get('ms'))));
      running--;
      if (seen > 1) console.error('two at once');
      return String(seen);
    }`,
      { CATNAP_TIMEOUT_SECONDS: '0.2', CATNAP_CONCURRENCY_LIMIT: '1' },
    );
    const origin = await replica.origin();
    assert.equal((await fetch(`${origin}/?ms=600`)).status, 504);
    assert.equal((await fetch(`${origin}/?ms=0`)).status, 503);
    const status = async () => (await fetch(`${origin}/?ms=0`)).status;
    await until(async () => (await status()) !== 503, 'its place is free');
    assert.deepEqual(
      replica.lines.filter((line) => line.msg === 'two at once'),
      [],
    );
  });

  test('an upload that breaks off ends the request and nothing else', async () => {
    await using replica = await replicaOf(`export default async (request, context) => {
      if (request.method === 'GET') return 'alive';
      context.signal.addEventListener('abort', () => console.log('gone'));
      return request.text();
    }`);
    const origin = await replica.origin();
    const upload = http.request(origin, { method: 'POST', headers: { 'content-length': 1000 } });
    upload.on('error', () => undefined);
    upload.write('some', () => upload.destroy());
    await replica.line((line) => line.msg === 'gone');
    assert.equal(await (await fetch(origin)).text(), 'alive');
  });

  test('console writes JSON with the id of the request, through awaits too', async () => {
    await using replica = await replicaOf(`export default async (request, context) => {
    await new Promise((r) => setTimeout(r, 5));
    console.warn('seen %d', 7, { a: 1 });
    context.log.info('own', { b: 2 });
    return context;
  }`);
    const origin = await replica.origin();
    const answers = await Promise.all(
      ['a', 'b'].map((id) => fetch(origin, { headers: { 'x-request-id': id } }).then((response) => response.json())),
    );
    assert.deepEqual(
      answers.map((answer) => (answer as { requestId: string }).requestId),
      ['a', 'b'],
    );
    const line = await replica.line((found) => found.level === 'warn' && found.requestId === 'b');
    assert.equal(line.msg, 'seen 7 { a: 1 }');
    assert.equal(line.function, 'hello');
    const own = await replica.line((found) => found.msg === 'own' && found.requestId === 'a');
    assert.equal(own.b, 2);
  });

  test('metrics count what was answered, and what is in flight', async () => {
    await using replica = await replicaOf(`export default (request: Request) => {
    if (request.method === 'POST') throw new Error('no');
    return 'ok';
  }`);
    const origin = await replica.origin();
    await fetch(`${origin}/.catnap/ready`);
    await (await fetch(origin)).text();
    await (await fetch(origin, { method: 'POST' })).text();
    const text = await replica.metrics();
    assert.match(text, /catnap_runtime_requests_total\{code="2xx"\} 1\n/);
    assert.match(text, /catnap_runtime_requests_total\{code="5xx"\} 1\n/);
    assert.match(text, /catnap_runtime_request_duration_seconds_count 2\n/);
    assert.match(text, /catnap_runtime_in_flight 0\n/);
    assert.match(text, /catnap_runtime_start_seconds\{phase="import"\} 0\.\d+\n/);
  });

  test('of many requests that fail, time out or lose their client, every answer is right and nothing is left', async () => {
    await using replica = await replicaOf(
      `export default async (request, context) => {
        const { searchParams } = new URL(request.url);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (searchParams.get('do') === 'throw') throw new Error('thrown ' + searchParams.get('n'));
        if (searchParams.get('do') === 'hang') await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        return 'done ' + searchParams.get('n');
      }`,
      { CATNAP_TIMEOUT_SECONDS: '0.5' },
    );
    const origin = await replica.origin();
    const kinds = ['ok', 'ok', 'throw', 'hang', 'leave'];
    const seen = await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        const kind = kinds[n % kinds.length] ?? '';
        const signal = kind === 'leave' ? AbortSignal.timeout(100) : null;
        const asked = fetch(`${origin}/?n=${n}&do=${kind === 'leave' ? 'hang' : kind}`, {
          signal,
          headers: WITH_DETAIL,
        });
        const answer = await asked.then(async (response) => `${response.status} ${await response.text()}`, String);
        return { kind, n, answer };
      }),
    );
    const expected = { ok: /^200 done N$/, throw: /^500 .*thrown N"/, hang: /^504 .*Timeout/, leave: /TimeoutError/ };
    const wrong = seen.filter(({ kind, n, answer }) => {
      const pattern = expected[kind as keyof typeof expected];
      return !new RegExp(pattern.source.replace('N', String(n))).test(answer);
    });
    assert.deepEqual(wrong, []);
    assert.match(await replica.metrics(), /catnap_runtime_in_flight 0\n/);
    assert.match(await replica.metrics(), /catnap_runtime_requests_total\{code="2xx"\} 200\n/);
    assert.match(await replica.metrics(), /catnap_runtime_requests_total\{code="5xx"\} 200\n/);
  });
});
