import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImportClock, moduleName } from './import-times.ts';

const busyMs = (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

test('what a module requires is not part of its own time', () => {
  const clock = new ImportClock();
  clock.running('outer', () => {
    busyMs(5);
    clock.reading('inner', () => busyMs(5));
    clock.running('inner', () => busyMs(30));
  });
  const { inner = 0, outer = 0 } = clock.times(String);
  assert.ok(inner >= 0.035 && outer >= 0.005 && outer < inner, JSON.stringify({ inner, outer }));
  assert.deepEqual(Object.keys(clock.times(String)), ['inner', 'outer']);
});

test('packages are added up, and only the ten slowest are named', () => {
  const clock = new ImportClock();
  for (let index = 0; index < 12; index++) clock.running(`m${index}`, () => busyMs(index < 2 ? 0 : 2));
  assert.equal(Object.keys(clock.times(String)).length, 10);
  assert.deepEqual(
    clock.times(() => 'all'),
    {},
  );
});

test('a module is called by its package, the innermost, or by its path from the function', () => {
  const names = [
    'file:///function/node_modules/@scope/one/lib/a%20b.js',
    '/function/node_modules/one/node_modules/two/index.js',
    'file:///function/src/a%20b.ts',
    'node_modules/three/index.js',
    'file:///elsewhere/c.js',
    'node:os',
  ].map((module) => moduleName(module, '/function'));
  assert.deepEqual(names, [
    'node_modules/@scope/one',
    'node_modules/two',
    'src/a b.ts',
    'node_modules/three',
    '/elsewhere/c.js',
    'node:os',
  ]);
});
