import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Replica, replicaOf, WITH_DETAIL } from '../testing/replica.ts';

/** Handlers by path, as they are written for Lambda; which way of ending a function has depends on its parameters. */
const SOURCE = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ways = {
  '/async': async (event, context) => ({ statusCode: 200, body: JSON.stringify({ path: event.rawPath, name: context.functionName }) }),
  '/callback': (event, context, callback) => { setTimeout(() => callback(null, { statusCode: 202 }), 10); },
  '/callback-error': (event, context, callback) => { setTimeout(() => callback(new Error('it broke')), 10); },
  '/succeed': (event, context) => { setTimeout(() => context.succeed('done'), 10); },
  '/fail': (event, context) => { setTimeout(() => context.fail('failed'), 10); },
  '/rejects': async () => { throw new Error('it broke'); },
  '/bad': async () => ({ statusCode: 200, body: { not: 'a string' } }),
  '/reset': async () => ({ statusCode: 205, body: 'not sent' }),
  '/context': async (event, context) => {
    context.callbackWaitsForEmptyEventLoop = false;
    await sleep(20);
    const { awsRequestId, functionVersion, invokedFunctionArn, memoryLimitInMB } = context;
    return { awsRequestId, functionVersion, invokedFunctionArn, memory: Number(memoryLimitInMB) > 0 && Number(memoryLimitInMB) < 16 * 1024 ** 2, left: context.getRemainingTimeInMillis() };
  },
  '/echo': async (event) => ({ body: event.body, isBase64Encoded: event.isBase64Encoded }),
};
export const handler = (event, context, callback) => ways[event.rawPath](event, context, callback);
`;

const STREAMS = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const { pipeline } = process.getBuiltinModule('node:stream/promises');
const { Readable } = process.getBuiltinModule('node:stream');
const ways = {
  '/plain': async (event, responseStream) => {
    responseStream.setContentType('text/plain');
    responseStream.write('Hello, ');
    await sleep(20);
    responseStream.write('world!');
    responseStream.end();
  },
  '/from': async (event, responseStream) => {
    const metadata = { statusCode: 201, headers: { 'Content-Type': 'text/html', 'X-Custom-Header': 'yes' }, cookies: ['a=1'] };
    responseStream = awslambda.HttpResponseStream.from(responseStream, metadata);
    responseStream.write('<p>one</p>');
    responseStream.end();
  },
  '/pipeline': async (event, responseStream) => {
    await pipeline(Readable.from([Buffer.alloc(300_000, 'a'), Buffer.alloc(300_000, 'b')]), responseStream);
  },
  '/no-status': async (event, responseStream) => {
    const into = awslambda.HttpResponseStream.from(responseStream, { statusCode: 99 });
    await pipeline(Readable.from([Buffer.alloc(300_000)]), into).finally(() => setImmediate(() => console.log('settled')));
  },
  '/broken': async (event, responseStream) => {
    const source = Readable.from((async function* () { yield 'begun'; await sleep(50); throw new Error('the source broke'); })());
    await pipeline(source, responseStream).finally(() => setImmediate(() => console.log('settled')));
  },
  '/early': async () => { throw new Error('before'); },
  '/mid': async (event, responseStream) => { responseStream.write('begun'); await sleep(50); throw new Error('in the middle'); },
  '/forever': async (event, responseStream) => {
    responseStream.on('close', () => console.log('left'));
    while (!responseStream.destroyed) { responseStream.write('tick'); await sleep(10); }
  },
};
export const handler = awslambda.streamifyResponse((event, responseStream, context) => ways[event.rawPath](event, responseStream, context));
`;

suite('signature lambda', { concurrency: 4 }, () => {
  let replica: Replica;
  let origin: string;
  before(async () => {
    replica = await replicaOf(SOURCE, { CATNAP_TIMEOUT_SECONDS: '5' });
    origin = await replica.origin();
  });
  after(() => replica[Symbol.asyncDispose]());

  test('a promise, a callback and the context’s own ends all answer', async () => {
    assert.deepEqual(await (await fetch(`${origin}/async`)).json(), { path: '/async', name: 'hello' });
    assert.equal((await fetch(`${origin}/callback`)).status, 202);
    assert.equal(await (await fetch(`${origin}/succeed`)).text(), 'done');
  });

  test('a function that returns nothing and can call nothing back is done: null, as on AWS', async () => {
    const source = `exports.handler = (event, context) => { console.log(event.rawPath, context.awsRequestId); };`;
    await using silent = await replicaOf(source, { CATNAP_TIMEOUT_SECONDS: '5' });
    const answer = await fetch(await silent.origin());
    assert.deepEqual([answer.status, await answer.text()], [200, 'null']);
  });

  test('an error, and a result that is no answer, is a 500 with a message', async () => {
    for (const [path, message] of [
      ['callback-error', /^it broke$/],
      ['fail', /^failed$/],
      ['rejects', /^it broke$/],
      ['bad', /body that is no string/],
    ] as const) {
      const answer = await fetch(`${origin}/${path}`, { headers: WITH_DETAIL });
      assert.equal(answer.status, 500);
      assert.match(((await answer.json()) as { message: string }).message, message);
    }
  });

  test('an answer that can have no body says that it has none', async () => {
    const answer = await fetch(`${origin}/reset`);
    assert.deepEqual([answer.status, answer.headers.get('content-length'), await answer.text()], [205, '0', '']);
  });

  test('the context', async () => {
    const answer = await fetch(`${origin}/context`, { headers: { 'x-request-id': 'r1' } });
    const { left, ...context } = (await answer.json()) as { left: number };
    assert.ok(left > 1000 && left <= 4980, `${left} ms`);
    assert.deepEqual(context, {
      awsRequestId: 'r1',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:local:000000000000:function:hello',
      memory: true,
    });
  });

  test('the time that is left is that of the delivery, where it is one', async () => {
    const answer = await fetch(`${origin}/context`, { headers: { 'x-catnap-timeout-ms': '60000' } });
    const { left } = (await answer.json()) as { left: number };
    assert.ok(left > 50_000 && left <= 60_000, `${left} ms`);
  });

  test('bytes come as base64, text as it is', async () => {
    const echo = async (type: string) =>
      (await fetch(`${origin}/echo`, { method: 'POST', body: 'é', headers: { 'content-type': type } })).json();
    assert.deepEqual(await echo('text/plain'), { body: 'é', isBase64Encoded: false });
    assert.deepEqual(await echo('image/png'), { body: 'w6k=', isBase64Encoded: true });
  });
});

suite('a Lambda function that streams', { concurrency: 4 }, () => {
  let replica: Replica;
  let origin: string;
  before(async () => {
    replica = await replicaOf(STREAMS);
    origin = await replica.origin();
  });
  after(() => replica[Symbol.asyncDispose]());

  test('the answer begins with the first bytes', async () => {
    const answer = await fetch(`${origin}/plain`);
    assert.equal(answer.headers.get('content-type'), 'text/plain');
    assert.equal(await answer.text(), 'Hello, world!');
  });

  test('HttpResponseStream.from gives status, headers and cookies', async () => {
    const { status, headers, ...answer } = await fetch(`${origin}/from`).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    assert.deepEqual([status, answer.text], [201, '<p>one</p>']);
    assert.deepEqual([headers.get('x-custom-header'), headers.get('content-type')], ['yes', 'text/html']);
    assert.deepEqual(headers.getSetCookie(), ['a=1']);
  });

  test('a pipeline into the stream', async () => {
    assert.equal((await (await fetch(`${origin}/pipeline`)).text()).length, 600_000);
  });

  test('an error before the first bytes is a 500, one after them breaks the answer off', async () => {
    assert.equal((await fetch(`${origin}/early`)).status, 500);
    const begun = await fetch(`${origin}/mid`);
    assert.equal(begun.status, 200);
    await assert.rejects(begun.text());
  });

  test('a status that is none is a 500, and ends the stream', async () => {
    const answer = await fetch(`${origin}/no-status`, { headers: { ...WITH_DETAIL, 'x-request-id': 'statusless' } });
    assert.equal(answer.status, 500);
    assert.match(((await answer.json()) as { message: string }).message, /statusCode 99/);
    await saidOnce('statusless', /statusCode 99/);
  });

  test('a stream that breaks is said once', async () => {
    const answer = await fetch(`${origin}/broken`, { headers: { 'x-request-id': 'broken' } });
    await assert.rejects(answer.text());
    await saidOnce('broken', /the source broke/);
  });

  /** Of the request's failure there is one line, which says why. */
  const saidOnce = async (requestId: string, why: RegExp) => {
    await replica.line((line) => line.requestId === requestId && line.msg === 'settled');
    const failures = replica.lines.filter((line) => line.requestId === requestId && line.msg !== 'settled');
    assert.equal(failures.length, 1, JSON.stringify(failures));
    assert.match(JSON.stringify(failures[0]), why);
  };

  test('a client that leaves ends the stream', async () => {
    const client = new AbortController();
    const answer = await fetch(`${origin}/forever`, { signal: client.signal });
    await answer.body?.getReader().read();
    client.abort();
    await replica.line((line) => line.msg === 'left');
  });
});
