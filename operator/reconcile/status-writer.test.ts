import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AsyncCondition, Condition } from '#api/conditions.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { aFunction } from '../testing/builders.ts';
import { StatusWriter } from './status-writer.ts';

const since = { lastTransitionTime: '2026-01-01T00:00:00Z' };
const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Ready',
  message: '',
  observedGeneration: 1,
  ...since,
};
const buried: AsyncCondition = { type: 'Async', status: 'False', reason: 'Buried', message: '1 is buried', ...since };
const signal = new AbortController().signal;

/** An API server that takes what is applied. */
function accepting() {
  const applied: unknown[] = [];
  const apply = async (_resource: unknown, object: { status: unknown }) => {
    applied.push(object.status);
    return { metadata: { resourceVersion: '2' } };
  };
  return { applied, statuses: new StatusWriter({ apply } as unknown as KubeClient) };
}

test('a status that only another writer has added to is not written again', async () => {
  const { applied, statuses } = accepting();
  const fn = aFunction({}, { status: { replicas: 0, conditions: [ready, buried] } });
  assert.equal(await statuses.write(fn, { replicas: 0, conditions: [ready] }, signal), false);
  assert.deepEqual(applied, []);
});

test('what has changed is written without what others say', async () => {
  const { applied, statuses } = accepting();
  const fn = aFunction({}, { status: { replicas: 0, conditions: [ready, buried] } });
  const next = { replicas: 1, conditions: [ready] };
  assert.equal(await statuses.write(fn, next, signal), true);
  assert.deepEqual(applied, [next]);
  assert.deepEqual(statuses.withStatus(fn).status, next);
});
