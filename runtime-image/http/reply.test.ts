import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Response as OwnResponse } from '../web/response.ts';
import { chunkOf, NoAnswerError, replyOf } from './reply.ts';

test('a response of Node, of the runtime and of a library mean the same', () => {
  const init = { status: 201, headers: { 'x-a': '1' } };
  const foreign = { status: 201, statusText: '', headers: new Headers(init.headers), body: null, arrayBuffer() {} };
  assert.deepEqual(replyOf(new Response(null, init)).headers, [['x-a', '1']]);
  assert.deepEqual(replyOf(new OwnResponse(null, init)), replyOf(foreign));
});

test('text that a response was made of is sent without a stream in between', () => {
  assert.equal(replyOf(new OwnResponse('text')).body, 'text');
});

test('what fetch has decoded loses the encoding and length that it had on the way', () => {
  const fetched = new Response('text', { headers: { 'content-encoding': 'gzip', 'content-length': '9', 'x-a': '1' } });
  Object.defineProperty(fetched, 'url', { value: 'http://upstream/' });
  assert.deepEqual(
    replyOf(fetched).headers.map(([name]) => name),
    ['content-type', 'x-a'],
  );
});

test('numbers, booleans and functions are no answer', () => {
  for (const value of [1, true, () => 1, Symbol('s'), 1n]) assert.throws(() => replyOf(value), NoAnswerError);
});

test('an object that cannot be JSON is no answer', () => {
  assert.throws(() => replyOf({ toJSON: () => undefined }), NoAnswerError);
  assert.throws(() => replyOf({ big: 1n }), NoAnswerError);
});

test('a stream gives text or bytes of any view', () => {
  assert.equal(chunkOf('a'), 'a');
  assert.deepEqual(chunkOf(new Uint16Array([1]).subarray(0, 1)), new Uint8Array([1, 0]));
  assert.throws(() => chunkOf({ a: 1 }), /the stream gave/);
});

test('an error that is returned counts as thrown', () => {
  const error = new Error('no database');
  assert.throws(() => replyOf(error), error);
});

test('a blob is its bytes, with its type', async () => {
  const { headers, body } = replyOf(new Blob(['<b>'], { type: 'text/html' }));
  assert.deepEqual(headers, [['content-type', 'text/html']]);
  assert.equal(await new Response(body as ReadableStream).text(), '<b>');
  assert.deepEqual(replyOf(new Blob(['x'])).headers, [['content-type', 'application/octet-stream']]);
});

test('what says its own type is sent as that; what JSON would show nothing of is refused in words', async () => {
  assert.deepEqual(replyOf(new URLSearchParams({ a: '1 2' })).body, 'a=1+2');
  assert.match(String(replyOf(new URLSearchParams()).headers), /application\/x-www-form-urlencoded/);
  const form = new FormData();
  form.set('a', '1');
  assert.match(String(replyOf(form).headers), /multipart\/form-data; boundary=/);
  assert.deepEqual(replyOf(new SharedArrayBuffer(2)).body, new Uint8Array(2));
  const generator = (function* () {
    yield 1;
  })();
  for (const [value, says] of [
    [new Map([['a', 1]]), /Map.*return Object\.fromEntries\(map\)/],
    [new Set(['a']), /Set.*\[\.\.\.set\]/],
    [new Headers(), /Headers.*Object\.fromEntries/],
    [new Request('http://a/'), /Request.*return a Response/],
    [[1].values(), /\[\.\.\.it\]/],
    [generator, /async generator/],
    [/a/, /RegExp/],
    [new WeakMap(), /WeakMap/],
  ] as const) {
    assert.throws(() => replyOf(value), { name: 'NoAnswerError', message: says });
  }
  for (const value of [new Date(0), new URL('http://a/'), Object.create(null), new (class Point {})(), [], {}]) {
    assert.equal(replyOf(value).body, JSON.stringify(value));
  }
});
