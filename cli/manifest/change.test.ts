import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { KubeError } from '#platform/kube/error.ts';
import { changeOf, conflictLines } from './change.ts';

const fn = (timeoutSeconds: number, metadata: object = {}) =>
  ({ metadata: { name: 'a', ...metadata }, spec: { timeoutSeconds } }) as unknown as FunctionObject;

test('a change is one of the spec, a label or an annotation, not of what the API server writes', () => {
  assert.equal(changeOf(undefined, fn(1)), 'created');
  assert.equal(changeOf(fn(1), fn(2)), 'changed');
  assert.equal(changeOf(fn(1), fn(1, { labels: { a: 'b' } })), 'changed');
  assert.equal(
    changeOf(fn(1, { resourceVersion: '1', managedFields: [] }), fn(1, { resourceVersion: '2' })),
    'unchanged',
  );
});

test('a conflict is told by field and manager', () => {
  const details = {
    details: {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "kubectl-edit" using catnap.dev/v1alpha1',
          field: '.spec.timeoutSeconds',
        },
        { reason: 'Other' },
      ],
    },
  };
  assert.deepEqual(conflictLines(new KubeError(409, 'Conflict', 'apply', { details })), [
    '  .spec.timeoutSeconds  set by "kubectl-edit"',
  ]);
  assert.equal(conflictLines(new KubeError(409, 'Conflict', 'stale')), undefined);
});
