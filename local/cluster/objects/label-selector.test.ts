import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectorMatches } from './label-selector.ts';

test('an absent selector matches nothing, an empty one everything', () => {
  assert.equal(selectorMatches(undefined, {}), false);
  assert.equal(selectorMatches({}, undefined), true);
});

test('all labels and expressions must match', () => {
  const labels = { app: 'web', tier: 'front' };
  const matches = (key: string, operator: string, values?: string[]) =>
    selectorMatches(
      { matchLabels: { app: 'web' }, matchExpressions: [{ key, operator, ...(values && { values }) }] },
      labels,
    );
  assert.equal(matches('tier', 'In', ['front']), true);
  assert.equal(matches('tier', 'NotIn', ['front']), false);
  assert.equal(matches('zone', 'NotIn', ['a']), true);
  assert.equal(matches('zone', 'Exists'), false);
  assert.equal(matches('zone', 'DoesNotExist'), true);
  assert.equal(selectorMatches({ matchLabels: { app: 'api' } }, labels), false);
});
