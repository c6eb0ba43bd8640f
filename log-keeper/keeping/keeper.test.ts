import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { KubeClient, ObjectRef } from '#platform/kube/client.ts';
import { logTime } from '#platform/pod-logs/log-line.ts';
import { createLog } from '#platform/process/log.ts';
import { until } from '#platform/testing/until.ts';
import { LogStore } from '../store/log-store.ts';
import type { PlacedLine } from '../store/segment.ts';
import { Keeper } from './keeper.ts';

const MIB = 2 ** 20;
const T = Date.UTC(2026, 0, 1);

/** Pods that have ended, by the function that their label names, with what they wrote. */
function aCluster(written: Record<string, readonly string[]>): KubeClient {
  const items = Object.keys(written).map((name) => ({
    metadata: {
      namespace: 'shop',
      name: `${name}-pod`,
      uid: name,
      resourceVersion: '1',
      labels: { 'catnap.dev/function': name, 'catnap.dev/revision': `${name}-7f3c9a12` },
    },
    status: { containerStatuses: [{ name: 'function', restartCount: 0, state: { terminated: { exitCode: 0 } } }] },
  }));
  const kube = {
    async *pages() {
      yield { metadata: { resourceVersion: '1' }, items, begins: true };
    },
    async *watch(_: object, { signal }: { signal: AbortSignal }) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield* [];
    },
    async *podLogStream({ name }: ObjectRef) {
      for (const text of written[name.slice(0, -'-pod'.length)] ?? []) yield Buffer.from(`${logTime(T)} ${text}\n`);
    },
  };
  return kube as unknown as KubeClient;
}

function aKeeper(t: TestContext, written: Record<string, readonly string[]>) {
  const folder = mkdtempSync(join(tmpdir(), 'catnap-logs-'));
  const bounds = { perFunctionBytes: 8 * MIB, totalBytes: 64 * MIB, keepMs: 86_400_000 };
  const store = new LogStore({ folder, ...bounds, now: () => T + 1_000 });
  const counts = { kept: 0, dropped: 0 };
  const keeper = new Keeper({
    kube: aCluster(written),
    log: createLog({ service: 'test', level: 'silent' }),
    store,
    namespaces: undefined,
    streams: 10,
    metrics: {
      trackAge: () => () => undefined,
      relisted: () => undefined,
      watchEnded: () => undefined,
      kept() {
        counts.kept += 1;
      },
      dropped() {
        counts.dropped += 1;
      },
      interrupted: () => undefined,
    },
  });
  t.after(async () => {
    await keeper[Symbol.asyncDispose]();
    store[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const linesOf = async (name: string): Promise<PlacedLine[]> => {
    store.flush();
    const reader = store.reader({ namespace: 'shop', name });
    const lines: PlacedLine[] = [];
    for (let some = await reader?.next(); some !== undefined && some.length > 0; some = await reader?.next())
      lines.push(...some);
    return lines;
  };
  return { counts, linesOf, store };
}

test('of a line of ten megabytes the beginning is kept, and how much is missing; the next line is whole', async (t) => {
  const { counts, linesOf } = aKeeper(t, { wide: ['x'.repeat(10 * MIB), 'next'] });
  await until(() => counts.kept === 2, 'both are kept', 20_000);
  const [first, notice, next] = await linesOf('wide');
  assert.match(first?.text ?? '', /^x{16000,16500}$/);
  assert.match(notice?.text ?? '', /goes on for 1046\d{4} bytes/);
  assert.equal(notice?.kind, 'notice');
  assert.deepEqual([next?.text, next?.source.revision, next?.source.pod], ['next', 'wide-7f3c9a12', 'wide-pod']);
});

test('a function that floods its log loses lines, and another one’s are all there', async (t) => {
  const flood = Array.from({ length: 3_000 }, (_, n) => `${n} ${'x'.repeat(1_000)}`);
  const { counts, linesOf } = aKeeper(t, { loud: flood, quiet: ['one', 'two'] });
  await until(() => counts.kept + counts.dropped === 3_002, 'all were read', 20_000);
  assert.deepEqual(
    (await linesOf('quiet')).map(({ text }) => text),
    ['one', 'two'],
  );
  assert.ok(counts.dropped > 1_000, String(counts.dropped));
  const kept = (await linesOf('loud')).filter(({ kind }) => kind === 'line');
  assert.equal(kept.length + counts.dropped, 3_000);
});

test('a label that is no name of a function makes no file', async (t) => {
  const { counts, store } = aKeeper(t, { 'Not.A_Name': ['x'], fine: ['y'] });
  await until(() => counts.kept === 1, 'the other one is kept');
  assert.equal(store.functions, 1);
});
