import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceOn } from './thrown-advice.ts';

const fileError = (path: string, more: object = {}) =>
  Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
    code: 'ENOENT',
    syscall: 'open',
    path,
    ...more,
  });

test('a fetch that failed says why', () => {
  const failed = (cause: unknown) => adviceOn(new TypeError('fetch failed', { cause }));
  assert.equal(failed(new Error('getaddrinfo ENOTFOUND nothere')), ': getaddrinfo ENOTFOUND nothere');
  assert.equal(failed(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })), ': ECONNREFUSED');
  for (const cause of [undefined, null, 'text', {}]) assert.equal(failed(cause), '');
});

test('a file that is missing beside the code is to be imported', () => {
  for (const path of ['/function/page.html', 'page.html', './views/a.ejs']) {
    assert.match(adviceOn(fileError(path)), /import the file/);
  }
});

test('other files and other errors speak for themselves', () => {
  assert.equal(adviceOn(fileError('/etc/none')), '');
  assert.equal(adviceOn(fileError('convert', { syscall: 'spawn convert' })), '');
  assert.equal(adviceOn(new Error('no luck')), '');
});

test('an error that cannot be looked at adds nothing', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('trap');
    },
  });
  assert.equal(adviceOn(hostile), '');
});
