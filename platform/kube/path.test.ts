import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectionPath, objectPath, targetName, withQuery } from './path.ts';
import { DEPLOYMENTS, NAMESPACES, PODS } from './resources.ts';

test('core kinds are under /api, the others under /apis and their group', () => {
  assert.equal(objectPath(PODS, { namespace: 'a', name: 'b' }), '/api/v1/namespaces/a/pods/b');
  assert.equal(
    objectPath(DEPLOYMENTS, { namespace: 'a', name: 'b' }, 'scale'),
    '/apis/apps/v1/namespaces/a/deployments/b/scale',
  );
});

test('cluster-scoped kinds ignore a namespace', () => {
  assert.equal(objectPath(NAMESPACES, { namespace: 'x', name: 'a' }), '/api/v1/namespaces/a');
});

test('without a namespace a collection spans all of them', () => {
  assert.equal(collectionPath(PODS), '/api/v1/pods');
  assert.equal(collectionPath(PODS, 'a'), '/api/v1/namespaces/a/pods');
});

test('an empty name or namespace never becomes the path of a collection', () => {
  assert.throws(() => objectPath(PODS, { namespace: 'a', name: '' }), TypeError);
  assert.throws(() => objectPath(PODS, { name: 'b' }), TypeError);
  for (const name of ['.', '..']) assert.throws(() => objectPath(PODS, { namespace: 'a', name }), TypeError);
});

test('names and query values are escaped', () => {
  assert.equal(objectPath(NAMESPACES, { name: 'a/../b' }), '/api/v1/namespaces/a%2F..%2Fb');
  assert.equal(
    withQuery('/x', { labelSelector: 'a=b,c', watch: true, limit: undefined }),
    '/x?labelSelector=a%3Db%2Cc&watch=true',
  );
  assert.equal(withQuery('/x', {}), '/x');
});

test('an error message names the kind and the object', () => {
  assert.equal(targetName(DEPLOYMENTS, { namespace: 'a', name: 'b' }, 'scale'), 'deployments.apps a/b/scale');
  assert.equal(targetName(PODS, {}), 'pods');
});
