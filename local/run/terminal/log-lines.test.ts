import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerLine, dispatcherLine, gatewayLine } from './log-lines.ts';

const plain = { colour: false };
const pod = { name: 'hello-7f3c9a12-8wsf9mbbvw-fc7n9', namespace: 'default' };
const time = '2026-01-01T12:00:00.000Z';
const withoutTime = (line: string | undefined): string | undefined => line?.replace(/^\d\d:\d\d:\d\d\s+/, '');
const shown = (text: string): string | undefined => withoutTime(containerLine(text, pod, 0, plain));
const written = (fields: object): string | undefined =>
  shown(JSON.stringify({ time, level: 'info', function: 'hello', namespace: 'default', revision: 'x', ...fields }));

test('a request is one line: whose it was, how it went, how long it took', () => {
  const request = { time, msg: 'request', function: 'default/hello', method: 'GET', path: '/a', status: 200 };
  assert.equal(
    withoutTime(gatewayLine(JSON.stringify({ ...request, totalMs: 3.21, coldMs: 0 }), plain)),
    'hello.default         200 GET /a 3.2 ms',
  );
  assert.equal(
    withoutTime(gatewayLine(JSON.stringify({ ...request, totalMs: 70.4, coldMs: 62.1 }), plain)),
    'hello.default         200 GET /a 70 ms (cold start 62 ms)',
  );
});

test('a delivery says which attempt it is, and what was given up why', () => {
  const request = { time, msg: 'request', function: 'default/hello', method: 'POST', path: '/a', status: 500 };
  assert.equal(
    withoutTime(gatewayLine(JSON.stringify({ ...request, totalMs: 3, coldMs: 0, attempt: 2 }), plain)),
    'hello.default         500 POST /a 3 ms, attempt 2',
  );
  const buried = { time, msg: 'an invocation is buried', function: 'default/hello', why: 'the function answered 404' };
  assert.equal(
    withoutTime(dispatcherLine(JSON.stringify(buried), plain)),
    'hello.default         buried: the function answered 404',
  );
  const more = { time, msg: 'more invocations are buried', function: 'default/hello', more: 995 };
  assert.equal(withoutTime(dispatcherLine(JSON.stringify(more), plain)), 'hello.default         buried: 995 more');
  for (const text of [JSON.stringify({ time, msg: 'listening' }), 'no JSON', '{', ''])
    assert.equal(dispatcherLine(text, plain), undefined);
});

test('a request that found no function, and one whose client left, are shown as such', () => {
  const request = { time, msg: 'request', method: 'GET', path: '/', totalMs: 1 };
  assert.match(gatewayLine(JSON.stringify({ ...request, status: 404 }), plain) ?? '', / - +404 GET \/ 1 ms$/);
  assert.match(gatewayLine(JSON.stringify({ ...request, function: 'a/b' }), plain) ?? '', /b\.a +left GET/);
});

test('why a request failed is told; what else the gateway logs is not for the terminal', () => {
  const failed = { time, msg: 'request failed', function: 'default/hello', code: 'Timeout', why: 'too long' };
  assert.match(gatewayLine(JSON.stringify(failed), plain) ?? '', /hello\.default +Timeout: too long$/);
  for (const text of [JSON.stringify({ time, msg: 'gateway listens' }), 'no JSON', '{', '']) {
    assert.equal(gatewayLine(text, plain), undefined);
  }
});

test('what a function logs is one line, with its fields and the stack of an error', () => {
  assert.equal(written({ msg: 'hi', requestId: 'id-1' }), 'hello.default         hi');
  assert.equal(written({ msg: 'sold', amount: 3 }), 'hello.default         sold {"amount":3}');
  assert.match(
    written({ level: 'error', msg: 'failed', err: { message: 'x', stack: 'Error: x\n    at run (a.ts:1:2)' } }) ?? '',
    /^hello\.default +error failed\n {4}Error: x\n {8}at run \(a\.ts:1:2\)$/,
  );
});

test('what an image writes is shown as it is; empty lines, starts and stops are not', () => {
  assert.equal(shown('listening on 8080'), 'hello.default         listening on 8080');
  assert.equal(shown('{"no":"message"}'), 'hello.default         {"no":"message"}');
  assert.equal(shown(''), undefined);
  assert.equal(written({ msg: 'started', startSeconds: {} }), undefined);
  assert.equal(written({ msg: 'leaving', signal: 'SIGTERM' }), undefined);
  assert.equal(written({ msg: 'started' }), 'hello.default         started');
});

test('a pod that is no function’s goes by its own name', () => {
  const line = containerLine('x', { name: 'web-0', namespace: 'shop' }, 0, plain);
  assert.match(line ?? '', / web-0\.shop +x$/);
});

test('no text steers the terminal, and none fills it', () => {
  for (const text of ['\u001b[2J', '\u009b2J', '\u0007', 'a\rb', '\u202e']) {
    const lines = [shown(text), written({ msg: text }), written({ msg: 'x', field: text })];
    const request = { time, msg: 'request', function: 'a/b', method: text, path: text, status: 200, totalMs: 1 };
    lines.push(gatewayLine(JSON.stringify(request), plain));
    lines.push(dispatcherLine(JSON.stringify({ msg: 'an invocation is buried', why: text }), plain));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    for (const line of lines) assert.doesNotMatch(line ?? '', /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  }
  assert.ok((shown('x'.repeat(100_000)) ?? '').length < 2_100);
});

test('colours are for terminals', () => {
  const request = JSON.stringify({ time, msg: 'request', method: 'GET', path: '/', status: 500, totalMs: 1 });
  assert.ok(gatewayLine(request, { colour: true })?.includes('\u001b[31m500\u001b[0m'));
  assert.ok(!gatewayLine(request, plain)?.includes('\u001b'));
});

test('the lines of one entry stand below its first, which no function can feign', () => {
  const msg = 'Error: boom\n    at handler (src/index.ts:5:32)\n12:00:00  other.default         200 GET /';
  const shown = containerLine(JSON.stringify({ level: 'error', msg, time: 'x' }), { name: 'a', namespace: 'b' }, 0, {
    colour: false,
  });
  const [first, ...rest] = (shown ?? '').split('\n');
  assert.match(first ?? '', /a\.b +error Error: boom$/);
  assert.deepEqual(rest, ['        at handler (src/index.ts:5:32)', '    12:00:00  other.default         200 GET /']);
});
