import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError, frameParts } from '#api/rules/frame.ts';
import { readDeliveryAnswer, readRunning } from './read-answer.ts';

const answer = { status: 200, headers: ['content-type', 'text/plain'], truncated: false };
const frame = (json: unknown, body = 'hello') => Buffer.concat(frameParts(json, Buffer.from(body)));

test('an answer is read as the gateway wrote it', () => {
  const read = readDeliveryAnswer(frame({ by: 'gateway', code: 'QueueFull', started: false, answer }));
  assert.deepEqual(read.answer, { by: 'gateway', code: 'QueueFull', started: false, answer });
  assert.equal(Buffer.from(read.body).toString(), 'hello');
});

test('where it does not say that the function had not begun, it may have', () => {
  assert.equal(readDeliveryAnswer(frame({ by: 'gateway', answer })).answer.started, true);
});

test('what is no answer is none', () => {
  const wrong: unknown[] = [
    null,
    [],
    'text',
    {},
    { by: 'someone', started: true, answer },
    { by: 'function', started: true },
    ...['200', 99, 100, 1_000, 200.5, null].map((status) => ({ by: 'function', answer: { ...answer, status } })),
    ...[undefined, {}, ['a'], ['a', 1], [...Array(2_002).fill('a'), 1]].map((headers) => ({
      by: 'function',
      answer: { ...answer, headers },
    })),
  ];
  for (const json of wrong) assert.throws(() => readDeliveryAnswer(frame(json)), FrameError, JSON.stringify(json));
  for (const bytes of ['', 'HTTP', '\0'.repeat(12), '\xff'.repeat(40)])
    assert.throws(() => readDeliveryAnswer(Buffer.from(bytes, 'latin1')), FrameError, JSON.stringify(bytes));
  assert.throws(() => readDeliveryAnswer(Buffer.concat([frame({ by: 'function', answer }), frame({})])), FrameError);
});

test('a status that HTTP does not know is one, for a function may answer it', () => {
  for (const status of [600, 999])
    assert.equal(
      readDeliveryAnswer(frame({ by: 'function', answer: { ...answer, status } })).answer.answer.status,
      status,
    );
});

test('of more fields than are kept none is, and what is kept of the answer is said not to be all', () => {
  const headers = (count: number) => Array.from({ length: count }, () => ['x', '']).flat();
  const read = (count: number) =>
    readDeliveryAnswer(frame({ by: 'function', answer: { ...answer, headers: headers(count) } })).answer.answer;
  assert.deepEqual(read(1_000), { ...answer, headers: headers(1_000) });
  // As many as the head of an answer has room for.
  assert.deepEqual(read(16_384), { ...answer, headers: [], truncated: true });
});

test('a long code is cut', () => {
  assert.equal(readDeliveryAnswer(frame({ by: 'gateway', code: 'x'.repeat(5_000), answer })).answer.code?.length, 64);
});

test('of the deliveries that a gateway has, it is read which lease of which entry each is', () => {
  assert.deepEqual(readRunning('[{"id":"a","epoch":3,"uid":"u","attempt":1}]'), [{ id: 'a', epoch: 3, uid: 'u' }]);
  assert.deepEqual(readRunning('[]'), []);
  for (const text of [
    '',
    '{}',
    'null',
    '[1]',
    '[{"id":"a"}]',
    '[{"id":1,"epoch":1,"uid":"u"}]',
    '[{"id":"a","epoch":1.5,"uid":"u"}]',
    '[{"id":"a","epoch":1}]',
  ])
    assert.throws(() => readRunning(text), FrameError, text);
});
