import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { PodWrites } from './pod-writes.ts';

const pod = (uid: string): Pod => ({ metadata: { uid } });
const uids = (pods: readonly Pod[]) => pods.map((p) => p.metadata?.uid);

test('what was just created counts, and what was just deleted does not, before the watch knows', () => {
  const writes = new PodWrites(() => 0);
  writes.created(pod('new'));
  writes.deleted(pod('old'));
  assert.deepEqual(uids(writes.apply([pod('old'), pod('other')])), ['other', 'new']);
});

test('once the watch knows, only the watch counts', () => {
  const writes = new PodWrites(() => 0);
  writes.created(pod('a'));
  writes.seen({ type: 'added', object: pod('a') });
  assert.deepEqual(uids(writes.apply([pod('a')])), ['a']);
  writes.seen({ type: 'deleted', object: pod('a') });
  assert.deepEqual(uids(writes.apply([])), []);
});

test('a write that never shows is forgotten', () => {
  let now = 0;
  const writes = new PodWrites(() => now);
  writes.created(pod('a'));
  now = 30_001;
  assert.deepEqual(uids(writes.apply([])), []);
});
