import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickHandler } from './handler.ts';

const handler = () => 'x';
const init = () => undefined;

test('picks the named export, and init beside it', () => {
  assert.deepEqual(pickHandler({ default: handler, init }, 'default'), { handler, init });
  assert.deepEqual(pickHandler({ main: handler }, 'main'), { handler, init: undefined });
});

test('a handler that is called init is not run as init', () => {
  assert.deepEqual(pickHandler({ init: handler }, 'init'), { handler, init: undefined });
});

test('looks into the exports of a CommonJS module', () => {
  const common = { named: handler, init };
  assert.deepEqual(pickHandler({ default: common, 'module.exports': common }, 'named'), { handler, init });
  const compiled = { default: handler, __esModule: true };
  assert.equal(pickHandler({ default: compiled, 'module.exports': compiled }, 'default').handler, handler);
});

test('says what is wrong and what there is', () => {
  assert.throws(
    () => pickHandler({ default: 1, other: 2 }, 'main'),
    /"main".*no such export; the module exports default, other/,
  );
  assert.throws(() => pickHandler({ default: {} }, 'default'), /it is an object/);
  assert.throws(() => pickHandler({}, 'default'), /exports nothing/);
});
