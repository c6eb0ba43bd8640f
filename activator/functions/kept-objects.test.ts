import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { podFacts } from '../replicas/pod-facts.ts';
import { functionConfig } from '../routing/function-config.ts';
import { aFunction, aPod } from '../testing/test-gateway.ts';
import { keepFunction, keepPod } from './kept-objects.ts';

test('of a Function the source goes, and what requests are decided by stays', () => {
  const source = { inline: 'export default () => 1 //'.padEnd(4_096, 'x') };
  const fn = aFunction('hello', {
    source,
    env: [{ name: 'A', value: 'b' }],
    async: { mode: 'Always', maxBodyBytes: '2Mi', timeoutSeconds: 77 },
    routes: [{ host: 'a.example', pathPrefix: '/' }],
  });
  const kept = keepFunction({ ...fn, metadata: { ...fn.metadata, managedFields: [{ manager: 'kubectl' }] } as never });
  assert.deepEqual(functionConfig(kept), functionConfig(fn));
  assert.ok(!/xxxx|managedFields|77/.test(JSON.stringify(kept)));
});

test('what is kept of a pod still shows its state', () => {
  const failed = {
    containerStatuses: [{ name: 'function', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
  };
  const pods = [
    aPod({ name: 'a', revision: 'hello-1', ip: '10.0.0.1', port: 81, node: 'n' }),
    aPod({ name: 'b', revision: 'hello-1', image: true }),
    aPod({ name: 'c', revision: 'hello-1', leaving: true }),
    aPod({ name: 'd', revision: 'hello-1', status: failed }),
    { metadata: { name: 'e', namespace: 'default', uid: 'e' } },
  ];
  for (const pod of pods) assert.deepEqual(podFacts(keepPod(pod as Pod) as typeof pod), podFacts(pod));
});
