import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastChunk, requestHead } from './request-head.ts';

const none = { framing: 'none', upgrade: null } as const;

test('is the request line, the headers as they are, and an empty line', () => {
  assert.equal(requestHead('GET', '/a?b', ['Host', 'x', 'a', ''], none), 'GET /a?b HTTP/1.1\r\nHost: x\r\na: \r\n\r\n');
});

test('a body of unknown length goes in chunks', () => {
  const head = requestHead('POST', '/', ['host', 'x'], { framing: 'chunked', upgrade: null });
  assert.equal(head, 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
});

test('an upgrade is asked for by this hop', () => {
  const head = requestHead('GET', '/', [], { framing: 'none', upgrade: 'websocket' });
  assert.equal(head, 'GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
});

test('no line can be brought in by what it is made of', () => {
  // U+010A is a line feed to a writer that cuts characters to bytes.
  for (const bad of ['a\r\nb', 'a\nb', 'a\rb', 'a\0b', 'a\u010ab']) {
    assert.throws(() => requestHead('GET', '/', ['x', bad], none));
    assert.throws(() => requestHead('GET', '/', [bad, 'x'], none));
    assert.throws(() => requestHead('GET', `/${bad}`, [], none));
    assert.equal(lastChunk(['x', bad]), '0\r\n\r\n');
  }
  assert.throws(() => requestHead('GET', '/ HTTP/1.1', [], none));
});

test('trailers follow the last chunk', () => {
  assert.equal(lastChunk(['X-Sum', '42']), '0\r\nX-Sum: 42\r\n\r\n');
});
