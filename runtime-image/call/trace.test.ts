import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicaOf } from '../testing/replica.ts';
import { traceOf } from './trace.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

test('a trace is known by its traceparent, of later versions too', () => {
  assert.equal(traceOf({ traceparent: TRACEPARENT })?.traceId, TRACE_ID);
  assert.equal(traceOf({ traceparent: `cc-${TRACE_ID}-00f067aa0ba902b7-01-what-comes` })?.traceId, TRACE_ID);
});

test('what is no valid traceparent is none', () => {
  const invalid = [
    '',
    'x',
    `ff-${TRACE_ID}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `${TRACEPARENT}-more`,
  ];
  assert.deepEqual(
    [undefined, ...invalid, `00-${TRACE_ID}-${'0'.repeat(16)}-01`, TRACEPARENT.toUpperCase()].map((traceparent) =>
      traceOf(traceparent === undefined ? {} : { traceparent }),
    ),
    Array(8).fill(undefined),
  );
});

/** Asks itself by fetch and by node:http, and answers with the trace that arrived there each time. */
const ASKS = `import http from 'node:http';
  const byHttp = (url, headers) => new Promise((resolve, reject) => http.get(url, { headers }, async (answer) => {
    let text = '';
    for await (const chunk of answer) text += chunk;
    resolve(text);
  }).on('error', reject));
  export default async (request: Request, context) => {
    const { origin, pathname } = new URL(request.url);
    const arrived = [request.headers.get('traceparent'), request.headers.get('tracestate')].join();
    if (pathname === '/arrived') return arrived;
    const own = { traceparent: '${TRACEPARENT.replace('4bf9', 'ffff')}' };
    const ask = (headers) => fetch(origin + '/arrived', { headers }).then((answer) => answer.text());
    console.log('asked');
    return {
      context: context.trace,
      fetched: await ask({}),
      got: await byHttp(origin + '/arrived', {}),
      own: [await ask(own), await byHttp(origin + '/arrived', own)],
    };
  };`;

test('a trace is in the context, on each line of the log, and in what the handler asks others', async () => {
  await using replica = await replicaOf(ASKS);
  const headers = { traceparent: TRACEPARENT, tracestate: 'vendor=1' };
  const answer = await fetch(await replica.origin(), { headers });
  const own = `${TRACEPARENT.replace('4bf9', 'ffff')},`;
  assert.deepEqual(await answer.json(), {
    context: { traceId: TRACE_ID, traceparent: TRACEPARENT, tracestate: 'vendor=1' },
    fetched: `${TRACEPARENT},vendor=1`,
    got: `${TRACEPARENT},vendor=1`,
    own: [own, own],
  });
  assert.equal((await replica.line((line) => line.msg === 'asked')).traceId, TRACE_ID);
});

test('without a trace none is made up', async () => {
  await using replica = await replicaOf(ASKS);
  const answer = (await (await fetch(await replica.origin())).json()) as Record<string, unknown>;
  assert.deepEqual([answer.context, answer.fetched, answer.got], [undefined, ',', ',']);
  assert.equal('traceId' in (await replica.line((line) => line.msg === 'asked')), false);
});
