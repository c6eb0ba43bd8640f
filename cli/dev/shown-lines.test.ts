import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownLines, withOwnPaths } from './shown-lines.ts';

test('a stack names files by where they are, as seen from the terminal', () => {
  const line = '    at run (/function/src/index.ts:3:9)\n    at /function/a.ts:1:1 of /my/function/x';
  assert.equal(
    withOwnPaths(line, '/home/u/work/shop', '/home/u/work'),
    '    at run (shop/src/index.ts:3:9)\n    at shop/a.ts:1:1 of /my/function/x',
  );
  assert.match(withOwnPaths(line, '/home/u/shop', '/home/u/shop'), /\(src\/index\.ts:3:9\)/);
  assert.match(withOwnPaths(line, '/srv/$&', '/home/u'), /\(\/srv\/\$&\/src\/index\.ts:3:9\)/);
});

test('what Node says of its inspector is heard, and not shown', () => {
  const heard: unknown[] = [];
  const shown = shownLines({
    style: { colour: false },
    folderOf: () => undefined,
    cwd: '/',
    onInspector: (pod, port) => heard.push(pod.name, port),
  });
  const pod = { name: 'shop-7f3c9a12-8wsf9mbbvw-fc7n9', namespace: 'default' };
  assert.equal(shown('Debugger listening on ws://127.0.0.1:4711/0a-b', pod), undefined);
  assert.equal(shown('For help, see: https://nodejs.org/learn/getting-started/debugging', pod), undefined);
  assert.deepEqual(heard, [pod.name, 4711]);
  assert.match(shown('hello', pod) ?? '', /shop\.default +hello$/);
});
