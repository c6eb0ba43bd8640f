import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers as Own } from './headers.ts';

/** The same done to Node's class and ours. */
function both<T>(act: (Headers: typeof globalThis.Headers) => T): [node: T, own: T] {
  return [act(globalThis.Headers), act(Own as unknown as typeof globalThis.Headers)];
}

test('reads, changes and lists as Node does', () => {
  const [node, own] = both((Headers) => {
    const headers = new Headers([
      ['B', ' two\t'],
      ['a', '1'],
      ['A', '2'],
      ['Set-Cookie', 'x=1'],
      ['cookie', 'c=1'],
      ['cookie', 'd=2'],
    ]);
    headers.append('set-cookie', 'y=2');
    headers.set('B', 'three');
    headers.set('gone', '1');
    headers.delete('Gone');
    const seen: unknown[] = [[...headers], [...headers.keys()], [...headers.values()], [...headers.entries()]];
    headers.forEach((value, name) => void seen.push([name, value]));
    return [...seen, headers.get('A'), headers.get('none'), headers.has('b'), headers.getSetCookie(), String(headers)];
  });
  assert.deepEqual(own, node);
});

test('is made from a record and from other headers as Node does', () => {
  const [node, own] = both((Headers) => [...new Headers(new Headers({ 'x-a': '1', 'X-B': '2' }))]);
  assert.deepEqual(own, node);
});

test('refuses what Node refuses', () => {
  const attempts: ((Headers: typeof globalThis.Headers) => unknown)[] = [
    (Headers) => new Headers({ 'a b': '1' }),
    (Headers) => new Headers({ a: 'x\ny' }),
    (Headers) => new Headers({ a: 'snow \u2603' }),
    (Headers) => new Headers([['a']] as never),
    (Headers) => new Headers(null as never),
    (Headers) => new Headers().get(''),
  ];
  for (const attempt of attempts) {
    assert.throws(() => attempt(globalThis.Headers), TypeError);
    assert.throws(() => attempt(Own as never), TypeError);
  }
});
