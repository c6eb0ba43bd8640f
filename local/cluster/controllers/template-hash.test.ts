import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';
import { newSet, surplusSets } from './replica-sets.ts';
import { newestSet, templateHash } from './template-hash.ts';

const template = (image: string) => ({
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'a', image }] },
});
const aDeployment = (image: string, more: object = {}): Deployment => ({
  metadata: { name: 'web', namespace: 'n', uid: 'u' },
  spec: { replicas: 1, selector: { matchLabels: { app: 'x' } }, template: template(image), ...more },
});

test('equal templates have equal hashes, whatever the order of their fields', () => {
  const reordered = { spec: { containers: [{ image: 'a', name: 'a' }] }, metadata: { labels: { app: 'x' } } };
  assert.equal(templateHash(template('a')), templateHash(reordered));
  assert.notEqual(templateHash(template('a')), templateHash(template('b')));
  assert.match(templateHash(template('a')), /^[b-df-hj-np-tv-z2-9]{10}$/);
});

test('a Deployment finds the set of its template, hash label and all', () => {
  const deployment = aDeployment('a');
  const [mine, other] = [newSet(deployment, [], 1), newSet(aDeployment('b'), [], 1)];
  assert.equal(newestSet(deployment, [other, mine]), mine);
  assert.equal(newestSet(aDeployment('c'), [other, mine]), undefined);
});

test('a new set selects by the hash and counts revisions on', () => {
  const first = newSet(aDeployment('a'), [], 1);
  const second = newSet(aDeployment('b'), [first], 0);
  const hash = second.metadata?.labels?.['pod-template-hash'];
  assert.equal(second.metadata?.name, `web-${hash}`);
  assert.deepEqual(second.spec?.selector.matchLabels, { app: 'x', 'pod-template-hash': hash });
  assert.equal(second.metadata?.annotations?.['deployment.kubernetes.io/revision'], '2');
});

test('beyond the history limit, sets without pods go, the oldest revision first', () => {
  const old = (name: string, revision: number, replicas = 0): ReplicaSet => ({
    metadata: { name, annotations: { 'deployment.kubernetes.io/revision': String(revision) } },
    spec: { replicas, selector: {} },
    status: { replicas },
  });
  const sets = [old('c', 3), old('a', 1), old('b', 2, 1)];
  const names = (limit: number) =>
    surplusSets(aDeployment('z', { revisionHistoryLimit: limit }), sets).map((s) => s.metadata?.name);
  assert.deepEqual([names(2), names(0)], [['a'], ['a', 'c']]);
});
