import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserCommand, isWebAddress } from './open.ts';

test('a URL is opened by what the desktop has for it, and by nothing where there is none', () => {
  const url = 'http://a.example/';
  assert.deepEqual(browserCommand(url, 'darwin', {}), ['open', url]);
  assert.deepEqual(browserCommand(url, 'win32', {}), ['explorer.exe', url]);
  assert.deepEqual(browserCommand(url, 'linux', { WAYLAND_DISPLAY: 'w' }), ['xdg-open', url]);
  assert.deepEqual(browserCommand(url, 'linux', { WSL_DISTRO_NAME: 'w' }), ['explorer.exe', url]);
  assert.deepEqual(browserCommand(url, 'linux', { BROWSER: 'mine', DISPLAY: ':0' }), ['mine', url]);
  assert.equal(browserCommand(url, 'linux', {}), undefined);
});

test('only an address of the web is given to another program', () => {
  assert.equal(isWebAddress('https://a.example'), true);
  for (const other of ['file:///etc/passwd', 'javascript:alert(1)', '-x', 'a', ''])
    assert.equal(isWebAddress(other), false);
});
