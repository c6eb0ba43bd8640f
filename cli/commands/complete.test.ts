import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../cluster/cluster.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { completeNames } from './complete.ts';

test('a shell is given names alone: what a cluster calls a function otherwise would be run with the line', async () => {
  const names = ['greet', '$(touch executed)', 'a;b', '-x', 'Grow', 'a\nb', 'grow-2'];
  const kube = { list: async () => ({ items: names.map((name) => ({ metadata: { name } })) }) };
  const said: string[] = [];
  const context = {
    signal: new AbortController().signal,
    cluster: async () => ({ kube, namespace: 'shop' }) as unknown as Cluster,
    output: { line: (text: string) => said.push(text) },
  } as unknown as CommandContext;
  for (const what of ['functions', 'triggers', 'constructor']) await completeNames(context, what);
  assert.deepEqual(said, ['greet', 'grow-2', 'greet', 'grow-2']);
});
