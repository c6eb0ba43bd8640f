import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterImages } from './cluster-images.ts';

test('whatever stands for an image is told the address of its pod in CATNAP_HOST', () => {
  const folders = { command: ['node', '/srv/main.mjs'], root: { '/app': '/srv' }, env: { A: 'b' } };
  assert.deepEqual(clusterImages({ 'team/a': ['node', 'a.mjs'], 'team/b': folders }), {
    'team/a': { command: ['node', 'a.mjs'], addressVariable: 'CATNAP_HOST' },
    'team/b': { ...folders, addressVariable: 'CATNAP_HOST' },
  });
});
