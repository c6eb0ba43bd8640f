import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerCommand } from './launch-plan.ts';

const image = { command: ['node', '/srv/dist/operator.mjs'], root: { '/app': '/srv/dist' } };
const env = new Map([['TASK', 'test']]);

test('arguments are added to the command of the image', () => {
  assert.deepEqual(containerCommand({ args: ['--quiet'] }, image, env), ['node', '/srv/dist/operator.mjs', '--quiet']);
});

test('a command takes the place of the one of the image, and finds the files of the image', () => {
  const container = { command: ['node', '/app/chores.mjs'], args: ['$(TASK)'] };
  assert.deepEqual(containerCommand(container, image, env), ['node', '/srv/dist/chores.mjs', 'test']);
});
