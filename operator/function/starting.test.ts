import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDeployment, aPod, someRevisions } from '../testing/builders.ts';
import { whatItWaitsFor } from './starting.ts';

const running = { startedAt: '2026-01-01T00:00:00Z' };
const view = (pod?: Parameters<typeof aPod>[0], answeredAt?: string) =>
  someRevisions(
    [aDeployment({ revision: 'new', ...(answeredAt !== undefined && { answeredAt }) })],
    pod && [aPod({ revision: 'new', ...pod })],
  )[0];

test('an image whose container runs and does not answer is told of $PORT', () => {
  assert.match(
    whatItWaitsFor(view({ state: { running } }), { image: 'team/app' }),
    /nothing answers at port 8080 yet.*\$PORT/,
  );
});

test('a source whose replica runs and does not answer loads its module', () => {
  assert.match(whatItWaitsFor(view({ state: { running } }), {}), /the module or its init is not done/);
});

test('nothing is said before the container runs, once it answered, and of a revision that did before', () => {
  assert.equal(whatItWaitsFor(undefined, { image: 'team/app' }), '');
  assert.equal(whatItWaitsFor(view(), { image: 'team/app' }), '');
  assert.equal(
    whatItWaitsFor(view({ state: { waiting: { reason: 'ContainerCreating' } } }), { image: 'team/app' }),
    '',
  );
  assert.equal(whatItWaitsFor(view({ state: { running }, ready: true }), { image: 'team/app' }), '');
  assert.equal(whatItWaitsFor(view({ state: { running } }, '2026-01-01T00:00:00Z'), { image: 'team/app' }), '');
});
