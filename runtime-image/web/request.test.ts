import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Request as Own } from './request.ts';

type RequestClass = typeof globalThis.Request;

const MAKERS: Record<string, (Request: RequestClass) => globalThis.Request> = {
  'a URL': (Request) => new Request('http://h/a b?c'),
  'a URL object': (Request) => new Request(new URL('http://h/')),
  'a body': (Request) => new Request('http://h/', { method: 'post', body: 'text', headers: { 'x-a': '1' } }),
  'a stream': (Request) =>
    new Request('http://h/', { method: 'PUT', body: new Blob(['streamed']).stream(), duplex: 'half' } as RequestInit),
  'another request': (Request) => new Request(new Request('http://h/', { method: 'POST', body: 'text' })),
  'another request, changed': (Request) =>
    new Request(new Request('http://h/', { headers: { 'x-a': '1' } }), { method: 'DELETE', redirect: 'manual' }),
  'another URL with the rest of a request': (Request) =>
    new Request('http://other/', new Request('http://h/', { method: 'PUT', body: 'text' })),
  'a method of its own': (Request) => new Request('http://h/', { method: 'purge' }),
  'a clone': (Request) => new Request('http://h/', { method: 'POST', body: 'text' }).clone(),
};

async function seen(request: globalThis.Request): Promise<unknown[]> {
  const { url, method, redirect, cache, mode, credentials, referrer, integrity, keepalive, destination } = request;
  const said = [url, method, redirect, cache, mode, credentials, referrer, integrity, keepalive, destination];
  return [...said, [...request.headers], request.signal.aborted, await request.text(), request.bodyUsed];
}

for (const [name, make] of Object.entries(MAKERS)) {
  test(`made as Node makes it: ${name}`, async () => {
    assert.deepEqual(await seen(make(Own as unknown as RequestClass)), await seen(make(globalThis.Request)));
  });
}

test('refuses what Node refuses', () => {
  const attempts: ((Request: RequestClass) => unknown)[] = [
    (Request) => new Request('/relative'),
    (Request) => new Request('http://user:password@h/'),
    (Request) => new Request('http://h/', { body: 'text' }),
    (Request) => new Request('http://h/', { method: 'TRACE' }),
    (Request) => new Request('http://h/', { method: 'a b' }),
    (Request) => new Request('http://h/', { method: 'POST', body: new Blob(['x']).stream() }),
  ];
  for (const attempt of attempts) {
    assert.throws(() => attempt(globalThis.Request), TypeError);
    assert.throws(() => attempt(Own as never), TypeError);
  }
});

test('a request made of another takes its body', async () => {
  const first = new Own('http://h/', { method: 'POST', body: 'text' });
  const second = new Own(first);
  assert.equal(first.bodyUsed, true);
  assert.equal(await second.text(), 'text');
});

test('the signal is the one that was given', () => {
  const abort = new AbortController();
  const request = new Own(new Own('http://h/', { signal: abort.signal }));
  abort.abort();
  assert.equal(request.signal.aborted, true);
});
