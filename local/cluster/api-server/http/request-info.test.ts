import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceRequestOf } from './request-info.ts';

const NOTHING = { namespace: '', name: '', subresource: '', rest: '' };

test('reads a subresource of an object in a namespace', () => {
  assert.deepEqual(resourceRequestOf('/apis/apps/v1/namespaces/a/deployments/b/scale'), {
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    namespace: 'a',
    name: 'b',
    subresource: 'scale',
    rest: '',
  });
});

test('reads a collection over all namespaces', () => {
  assert.deepEqual(resourceRequestOf('/api/v1/pods'), { ...NOTHING, group: '', version: 'v1', plural: 'pods' });
});

test('tells a namespace and its subresources from what is in it', () => {
  const namespace = { ...NOTHING, group: '', version: 'v1', plural: 'namespaces', namespace: 'a', name: 'a' };
  assert.deepEqual(resourceRequestOf('/api/v1/namespaces/a'), namespace);
  assert.deepEqual(resourceRequestOf('/api/v1/namespaces/a/finalize'), { ...namespace, subresource: 'finalize' });
  assert.equal(resourceRequestOf('/api/v1/namespaces/a/pods')?.plural, 'pods');
});

test('leaves discovery and health to others', () => {
  for (const path of [
    '/',
    '/api',
    '/api/v1',
    '/apis',
    '/apis/apps',
    '/apis/apps/v1',
    '/healthz',
    '/openapi/v3/apis/apps/v1',
  ]) {
    assert.equal(resourceRequestOf(path), undefined);
  }
});
