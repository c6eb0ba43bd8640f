import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../command-line/command-error.ts';
import { acceptedIn, bodyOf, endOf, forLater, questionAbout } from './accepted.ts';
import type { Invocation } from './invocation.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const sent: Invocation = {
  method: 'POST',
  target: '/send',
  headers: { 'x-api-key': ['k'], 'content-type': ['text/plain'], 'idempotency-key': ['i'], 'catnap-not-before': ['t'] },
};

/** What the gateway answers, one after the other; the last one again and again. */
function following(answers: readonly (Error | [status: number, body?: object | string])[]) {
  let asked = 0;
  const ask = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)] as (typeof answers)[number];
    asked += 1;
    if (answer instanceof Error) throw answer;
    const [status, body = ''] = answer;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers: {}, rawHeaders: [], body: [Buffer.from(text)] as never };
  };
  return {
    end: endOf({ ask, id: ID, signal: new AbortController().signal, rest: async () => undefined }),
    asked: () => asked,
  };
}
const refused = (exitCode: number) => (error: unknown) => error instanceof CommandError && error.exitCode === exitCode;
const state = (status: string): [number, object] => [200, { id: ID, status, attempts: 1 }];

test('to be accepted for later is a preference beside those that were said', () => {
  assert.deepEqual(forLater({}), { prefer: ['respond-async'] });
  assert.deepEqual(forLater({ prefer: ['return=minimal'] }), { prefer: ['return=minimal', 'respond-async'] });
});

test('how it goes is asked with what let the request in, and without what was about the request', () => {
  assert.deepEqual(questionAbout(ID, sent), {
    method: 'GET',
    target: `/.catnap/invocations/${ID}`,
    headers: { 'x-api-key': ['k'], prefer: ['wait=20'] },
  });
});

test('a 202 of the function itself is none of the gateway', () => {
  assert.deepEqual(acceptedIn(JSON.stringify({ id: ID, status: 'waiting' })), { id: ID, status: 'waiting' });
  for (const text of ['', 'ok', '{}', 'null', '{"id":"7","status":"waiting"}', `{"id":"${ID}"}`])
    assert.equal(acceptedIn(text), undefined, text);
});

test('it is asked until it has ended', async () => {
  const { end, asked } = following([state('waiting'), state('running'), state('waiting'), state('done')]);
  assert.equal((await end).status, 'done');
  assert.equal(asked(), 4);
});

test('a gateway that cannot tell for a moment is asked again', async () => {
  const { end } = following([[503], new Error('reset'), [429], state('buried')]);
  assert.equal((await end).status, 'buried');
});

test('a gateway that cannot tell at all is not asked for ever', async () => {
  const { end, asked } = following([[503]]);
  await assert.rejects(end, refused(1));
  assert.equal(asked(), 8);
});

test('what is not there, or not for this caller, is not asked again', async () => {
  const gone = following([[404, { error: 'InvocationNotFound' }]]);
  await assert.rejects(gone.end, refused(3));
  assert.equal(gone.asked(), 1);
});

test("the function's answer is what was said of its end: text, or bytes that are none", () => {
  assert.equal(String(bodyOf({ body: '\ufeffall' })), '\ufeffall');
  assert.equal(String(bodyOf({ body: '' })), '');
  assert.deepEqual(bodyOf({ bodyBase64: '/wA=', truncated: true }), Buffer.from([0xff, 0]));
});
