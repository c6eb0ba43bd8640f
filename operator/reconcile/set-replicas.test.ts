import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError } from '#platform/kube/error.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { setReplicas } from './set-replicas.ts';

function deployment(resourceVersion: string, generation: number, replicas: number, uid = 'u'): Deployment {
  return { metadata: { namespace: 'n', name: 'd', uid, resourceVersion, generation }, spec: { replicas } as never };
}

/** A Deployment as the API server has it, whose scale is written with the resourceVersion it has. */
function server(states: Deployment[]) {
  const written: number[] = [];
  const kube = {
    apply: async (_resource: unknown, scale: { metadata?: object; spec?: { replicas?: number } }) => {
      const { resourceVersion } = scale.metadata as { resourceVersion: string };
      if (resourceVersion !== states[0]?.metadata?.resourceVersion) throw new KubeError(409, 'Conflict', 'changed');
      written.push(scale.spec?.replicas ?? 0);
      return scale;
    },
    // It goes on changing.
    get: async () => {
      const now = states[0];
      if (states.length > 1) states.shift();
      return now;
    },
  };
  const { signal } = new AbortController();
  return { written, client: { kube, signal } as never as Parameters<typeof setReplicas>[0] };
}

test('a start is not put off by a status that was written meanwhile', async () => {
  const { written, client } = server([deployment('2', 1, 0), deployment('3', 1, 0)]);
  await setReplicas(client, deployment('1', 1, 0), 2);
  assert.deepEqual(written, [2]);
});

test('a status that changes again and again ends in a conflict', async () => {
  const states = Array.from({ length: 9 }, (_, n) => deployment(String(n + 2), 1, 0));
  const { written, client } = server(states);
  await assert.rejects(setReplicas(client, deployment('1', 1, 0), 2), { status: 409 });
  assert.deepEqual(written, []);
});

for (const [what, now, from, to] of [
  ['another asked for replicas meanwhile', deployment('2', 2, 5), deployment('1', 1, 0), 2],
  ['it is another of that name', deployment('2', 1, 0, 'other'), deployment('1', 1, 0), 2],
  ['fewer are wanted', deployment('2', 1, 3), deployment('1', 1, 3), 0],
] as const)
  test(`a decision on what has changed is refused: ${what}`, async () => {
    const { written, client } = server([now]);
    await assert.rejects(setReplicas(client, from, to), { status: 409 });
    assert.deepEqual(written, []);
  });
