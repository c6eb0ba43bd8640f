import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodObject } from './pod-facts.ts';
import { PodNamespaces } from './pod-namespaces.ts';

const pod = (uid: string, namespace: string, ip: string, more: Partial<PodObject> = {}): PodObject => ({
  metadata: { uid, namespace, name: uid },
  status: { podIP: ip },
  ...more,
});

test('knows the namespace of each pod by all its addresses, in whatever way they are written', () => {
  const known = new PodNamespaces();
  const podIPs = [{ ip: '10.0.0.7' }, { ip: 'FD00:0:0::7' }];
  known.changed(pod('a', 'shop', '10.0.0.7', { status: { podIP: '10.0.0.7', podIPs } }), false);
  assert.equal(known.namespaceOf('10.0.0.7'), 'shop');
  assert.equal(known.namespaceOf('fd00::7'), 'shop');
  assert.equal(known.namespaceOf('10.0.0.8'), undefined);
});

test('forgets a pod that is gone or over, and not the one that has its address now', () => {
  const known = new PodNamespaces();
  known.changed(pod('a', 'shop', '10.0.0.7'), false);
  known.changed(pod('b', 'blog', '10.0.0.7'), false);
  known.changed(pod('a', 'shop', '10.0.0.7'), true);
  assert.equal(known.namespaceOf('10.0.0.7'), 'blog');
  known.changed(pod('b', 'blog', '10.0.0.7', { status: { podIP: '10.0.0.7', phase: 'Failed' } }), false);
  assert.equal(known.namespaceOf('10.0.0.7'), undefined);
});

test('a pod in the network of its node says nothing of who else calls from there', () => {
  const known = new PodNamespaces();
  known.changed(pod('a', 'shop', '10.1.1.1', { spec: { hostNetwork: true } }), false);
  assert.equal(known.namespaceOf('10.1.1.1'), undefined);
});
