import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANNOTATION } from '#api/names.ts';
import { aFunction } from '../testing/builders.ts';
import { functionService, isControlledBy, revisionDeployment } from './children.ts';
import type { Payload } from './pod-template.ts';

const payload = (runtimeImage = 'runtime:1'): Payload => ({
  kind: 'source',
  bundle: { parts: [{ name: 'hello-bundle-0123456789abcdef', chunks: 2 }] },
  runtimeImage,
});

test('the Deployment leaves the number of replicas to others and replaces no pod before the next is ready', () => {
  const { spec } = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.ok(spec);
  assert.equal('replicas' in spec, false);
  assert.equal(spec.revisionHistoryLimit, 0);
  assert.equal(spec.strategy?.rollingUpdate?.maxUnavailable, 0);
});

test('the Deployment selects the pods of its own revision alone', () => {
  const { spec } = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.deepEqual(spec?.selector.matchLabels, { 'catnap.dev/function': 'hello', 'catnap.dev/revision': 'hello-1' });
  assert.deepEqual(
    { ...spec?.template.metadata?.labels, ...spec?.selector.matchLabels },
    spec?.template.metadata?.labels,
  );
});

test('another pod template has another hash, an equal one the same', () => {
  const hash = (image: string) =>
    revisionDeployment(aFunction(), 'hello-1', payload(image), 'h').metadata?.annotations?.[ANNOTATION.templateHash];
  assert.equal(hash('runtime:1'), hash('runtime:1'));
  assert.notEqual(hash('runtime:1'), hash('runtime:2'));
});

test('a function without async keeps the pod template that it had before there was any', () => {
  const { metadata } = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.equal(metadata?.annotations?.[ANNOTATION.templateHash], 'e45474a939bd7ad2');
});

test('children belong to the Function that made them, not to one of the same name later', () => {
  const child = revisionDeployment(aFunction(), 'hello-1', payload(), 'h');
  assert.equal(isControlledBy(child, aFunction()), true);
  assert.equal(isControlledBy(child, aFunction({}, { uid: 'another' })), false);
  assert.equal(isControlledBy({ metadata: {} }, aFunction()), false);
});

test('the Service is an alias of the gateway', () => {
  const { spec } = functionService(aFunction(), { service: 'gw', namespace: 'sys', clusterDomain: 'cluster.local' });
  assert.equal(spec?.type, 'ExternalName');
  assert.equal(spec?.externalName, 'gw.sys.svc.cluster.local');
  assert.equal(spec?.ports?.[0]?.port, 80);
});
