import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from '#platform/kube/client.ts';
import { podLines } from './pod-lines.ts';

const LINES = Array.from(
  { length: 9 },
  (_, n) => `2026-01-01T00:00:0${n}.000000000Z line ${n}${n === 3 ? ' id-1' : ''}`,
);
const running = { name: 'function', state: { running: {} }, restartCount: 0 };
const pod = { metadata: { namespace: 'shop', name: 'orders-1', uid: 'u' }, status: { containerStatuses: [running] } };

async function last(tail: number | undefined, request?: string) {
  const asked: (number | undefined)[] = [];
  const kube = {
    listAll: async () => ({ items: [pod] }),
    async *podLogStream(_: unknown, { tailLines }: { tailLines?: number }) {
      asked.push(tailLines);
      const some = tailLines === undefined ? LINES : LINES.slice(-tailLines);
      yield Buffer.from(some.map((line) => `${line}\n`).join(''));
    },
  } as unknown as KubeClient;
  const wanted = { namespace: 'shop', name: 'orders', follow: false, since: undefined, request, tail };
  const lines = await Array.fromAsync(podLines({ kube, wanted, signal: new AbortController().signal }));
  return { asked, lines: lines.map(({ line }) => line) };
}

test('of the last lines a replica is asked for no more, so that a long log does not hide them', async () => {
  assert.deepEqual(await last(2), { asked: [2], lines: ['line 7', 'line 8'] });
  assert.deepEqual(await last(0), { asked: [1], lines: [] });
  assert.equal((await last(undefined)).lines.length, 9);
});

test('the last lines of a request are looked for in all', async () => {
  const { asked, lines } = await last(1, 'id-1');
  assert.deepEqual(asked, [undefined]);
  assert.deepEqual(lines, ['line 3 id-1']);
});
