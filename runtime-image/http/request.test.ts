import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { headersOf, requestUrl, servedRequest } from './request.ts';

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

test('what is not looked at by the parser of URLs is what it would give', () => {
  const pieces = `a Z9 ~!$&()*+,;=:@-_ / // . .. %2e %2E %41 %zz % \\ ' " < > | ^ \` { } [ ] ? # é \x7f`.split(' ');
  const hosts = [
    'h',
    'H.Example:80',
    'h:443',
    '0x7f.1',
    '127.1',
    '[::FFFF:1.2.3.4]:80',
    'xn--9ca.h',
    'é.h',
    'h.',
    '%41.h',
  ];
  for (const one of pieces) {
    for (const two of pieces) {
      for (const path of [`/${one}${two}`, `/a${one}/${two}`, `/?${one}${two}`]) {
        assert.equal(requestUrl(path, 'h', undefined), new URL(`http://h${path}`).href);
      }
    }
  }
  for (const host of hosts) {
    assert.equal(requestUrl('/a', host, undefined), new URL(`http://${host}/a`).href);
    assert.equal(requestUrl('/a', host, 'https'), new URL(`https://${host}/a`).href);
  }
});

test('a handler that gives up reading has all its time to answer, though the client goes on sending', async (t) => {
  const message = Object.assign(new IncomingMessage(new Socket()), { method: 'POST' });
  message.headers['content-length'] = '9';
  message.push('abc');
  const { body } = servedRequest({ message, admitBody() {} }, { signal: new AbortController().signal });
  const reader = body?.getReader();
  assert.equal(String((await reader?.read())?.value), 'abc');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await reader?.cancel();
  t.mock.timers.tick(60_000);
  assert.equal(message.socket.destroyed, false);
  message.push('def');
  await new Promise(setImmediate);
  assert.equal(message.readableLength, 0);
});

test('headers that came several times are all there', () => {
  const headers = headersOf(['A', '1', 'a', '2', 'Cookie', 'x=1', 'cookie', 'y=2']);
  assert.equal(headers.get('a'), '1, 2');
  assert.equal(headers.get('cookie'), 'x=1; y=2');
});
