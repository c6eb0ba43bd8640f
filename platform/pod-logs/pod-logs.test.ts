import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogStreamOptions } from '../kube/calls.ts';
import type { KubeClient, ObjectRef } from '../kube/client.ts';
import type { Pod } from '../kube/resources.ts';
import { createLog } from '../process/log.ts';
import { TestClock } from '../testing/test-clock.ts';
import { until } from '../testing/until.ts';
import { logTime } from './log-line.ts';
import { PodLogs } from './pod-logs.ts';
import { StreamSlots } from './stream-slots.ts';

const T = Date.UTC(2026, 0, 1);
const PODS = 200;
const LINES = 50;

/** Pods that run and have written their lines; a stream of one stays open, as its container does. */
function aCluster() {
  const pods = Array.from({ length: PODS }, (_, n) => ({
    metadata: { namespace: 'shop', name: `pod-${n}`, uid: `uid-${n}`, resourceVersion: '1', labels: { app: `f${n}` } },
    status: { containerStatuses: [{ name: 'main', restartCount: 0, state: { running: {} } }] },
  })) as unknown as Pod[];
  const opened = { now: 0, most: 0 };
  const ended = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  const kube = {
    async *pages() {
      yield { metadata: { resourceVersion: '1' }, items: pods, begins: true };
    },
    async *watch(_: object, { signal }: { signal: AbortSignal }) {
      await ended(signal);
      yield* [];
    },
    async *podLogStream({ name }: ObjectRef, { signal, sinceTime = '' }: LogStreamOptions) {
      opened.now += 1;
      opened.most = Math.max(opened.most, opened.now);
      const lines = Array.from({ length: LINES }, (_, n) => `${logTime(T + n * 100)} ${name} ${n}\n`);
      yield Buffer.from(lines.filter((line) => line.slice(0, 19) >= sinceTime.slice(0, 19)).join(''));
      if (!signal.aborted) await ended(signal);
      opened.now -= 1;
    },
  };
  return { kube: kube as unknown as KubeClient, opened };
}

test('two hundred containers are read with few streams: each has its turn, and no line comes twice', async () => {
  const { kube, opened } = aCluster();
  const clock = new TestClock();
  const slots = new StreamSlots(20, clock);
  const counts = new Map<string, number>();
  const note = (text: string) => counts.set(text, (counts.get(text) ?? 0) + 1);
  const logs = new PodLogs({
    kube,
    log: createLog({ service: 'test', level: 'silent' }),
    namespaces: undefined,
    labelSelector: 'app',
    slots,
    sinkOf: () => ({ line: ({ text }) => void note(text) }),
  });
  await until(() => slots.open === 20 && slots.waiting === PODS - 20, 'some are read, and the others wait');
  assert.equal(logs.followed, PODS);
  await until(
    () => {
      clock.advance(10_000);
      return counts.size === PODS * LINES;
    },
    'all lines are there',
    20_000,
  );
  assert.ok([...counts.values()].every((count) => count === 1));
  assert.equal(opened.most, 20);
  await logs[Symbol.asyncDispose]();
  assert.equal(opened.now, 0);
});
