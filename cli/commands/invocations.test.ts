import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InvocationsAsked, type InvocationsOptions, mistakeIn } from './invocations.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const wrong = (action: InvocationsAsked['action'], id?: string, options: InvocationsOptions = {}) =>
  mistakeIn({ action, name: 'orders', id }, options) !== undefined;

test('one invocation is named by its id, several by a state or all', () => {
  assert.ok(!wrong('show', ID) && !wrong('retry', ID) && !wrong('purge', ID));
  assert.ok(!wrong('retry', undefined, { all: true }) && !wrong('retry', undefined, { state: 'buried' }));
  assert.ok(!wrong('purge', undefined, { all: true }) && !wrong('purge', undefined, { state: 'done' }));
  assert.ok(!wrong('list') && !wrong('list', undefined, { state: 'done', limit: 7 }));
});

test('what is left out is not taken for all', () => {
  assert.ok(wrong('show') && wrong('retry') && wrong('purge'));
  assert.ok(
    wrong('retry', ID, { all: true }) && wrong('purge', ID, { all: true }) && wrong('purge', ID, { state: 'done' }),
  );
});

test('options that mean nothing together are refused', () => {
  assert.ok(wrong('list', ID) && wrong('list', undefined, { all: true, limit: 7 }));
  assert.ok(wrong('show', ID, { all: true }) && wrong('show', ID, { limit: 7 }));
  assert.ok(wrong('retry', undefined, { state: 'done' }) && wrong('retry', ID, { limit: 7 }));
  assert.ok(wrong('purge', undefined, { state: 'done', all: true }));
});
