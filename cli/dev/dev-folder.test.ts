import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '#platform/kube/error.ts';
import { readProject } from '../project/read-project.ts';
import { testFolder } from '../testing/folder.ts';
import type { DevCluster } from './dev-cluster.ts';
import { DevFolder } from './dev-folder.ts';

test('at the end a function that cannot be removed is told, and the others are removed', async () => {
  const settings = 'functions:\n  one: { spec: { image: r/a:1 } }\n  two: { spec: { image: r/a:1 } }\n';
  await using files = await testFolder({ 'catnap.yaml': settings });
  const removed: string[] = [];
  const kube = {
    get: async () => ({ metadata: { generation: 1, labels: { 'app.kubernetes.io/managed-by': 'catnap-dev' } } }),
    apply: async () => ({ metadata: { generation: 1 } }),
    delete: async (_: unknown, { name }: { name: string }) => {
      if (name === 'one') throw new KubeError(403, 'Forbidden', 'delete functions one: forbidden');
      removed.push(name);
    },
  };
  const said: string[] = [];
  const stop = new AbortController();
  const folder = new DevFolder(await readProject(files.path, { command: 'dev' }), {
    cluster: { kube, namespace: 'team', isTemporary: false } as unknown as DevCluster,
    namespace: undefined,
    inspect: false,
    say: (name, text) => said.push(`${name} ${text}`),
    onSaved: () => undefined,
    signal: stop.signal,
  });
  await folder.start();
  await folder[Symbol.asyncDispose]();
  stop.abort();
  await folder.remove();
  assert.deepEqual(removed, ['two']);
  assert.deepEqual(said, ['one.team it is still in the cluster: delete functions one: forbidden']);
});
