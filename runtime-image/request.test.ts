import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headersOf, requestUrl } from './request.ts';

test('the URL is made of Host, the scheme that was forwarded and the target', () => {
  assert.equal(requestUrl('/a?b=c', 'hello.example:8080', undefined), 'http://hello.example:8080/a?b=c');
  assert.equal(requestUrl('/', 'hello.example', 'https'), 'https://hello.example/');
  assert.equal(requestUrl('/', 'hello.example', 'HTTPS, http'), 'https://hello.example/');
  assert.equal(requestUrl('/', 'hello.example', 'gopher'), 'http://hello.example/');
  assert.equal(requestUrl('/', '[::1]:8080', undefined), 'http://[::1]:8080/');
});

test('a target cannot change the host', () => {
  assert.equal(requestUrl('//elsewhere/a', 'h', undefined), 'http://h//elsewhere/a');
  assert.equal(requestUrl('/\\elsewhere', 'h', undefined), 'http://h//elsewhere');
});

test('absolute and asterisk forms are URLs too', () => {
  assert.equal(requestUrl('http://other/a', 'h', undefined), 'http://other/a');
  assert.equal(requestUrl('*', 'h', undefined), 'http://h/*');
});

test('a missing or impossible Host becomes localhost', () => {
  assert.equal(requestUrl('/a', undefined, undefined), 'http://localhost/a');
  assert.equal(requestUrl('/a', 'user@evil', undefined), 'http://localhost/a');
  assert.equal(requestUrl('/a', 'h:99999', undefined), 'http://localhost/a');
});

test('headers that came several times are all there', () => {
  const headers = headersOf(['A', '1', 'a', '2', 'Cookie', 'x=1', 'cookie', 'y=2']);
  assert.equal(headers.get('a'), '1, 2');
  assert.equal(headers.get('cookie'), 'x=1; y=2');
});
