/** Longer than 250 lines: all that one store promises. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { logTime } from '#platform/pod-logs/log-line.ts';
import type { LogReader } from './log-reader.ts';
import { isFunctionName, LogStore, type StoreOptions } from './log-store.ts';
import type { StoredLine, StoredSource } from './segment.ts';

const T = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const orders = { namespace: 'shop', name: 'orders' };
const source: StoredSource = {
  pod: 'orders-1',
  podUid: 'u1',
  revision: 'orders-7f3c9a12',
  container: 'function',
  run: 0,
};

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'catnap-logs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function aStore(folder: string, more: Partial<StoreOptions> = {}): LogStore {
  return new LogStore({ folder, perFunctionBytes: 2 ** 20, totalBytes: 2 ** 28, keepMs: 24 * HOUR_MS, ...more });
}

const line = (text: string, ms = T, of: Partial<StoredSource> = {}): StoredLine => ({
  source: { ...source, ...of },
  kind: 'line',
  time: logTime(ms),
  text,
});

async function textsOf(reader: LogReader | undefined): Promise<string[]> {
  const texts: string[] = [];
  for (let some = await reader?.next(); some !== undefined && some.length > 0; some = await reader?.next())
    texts.push(...some.map(({ text }) => text));
  return texts;
}

test('what was added is read back, with its source, and by a process that comes later too', async (t) => {
  const folder = aFolder(t);
  const texts = ['{"msg":"one"}', '', ' two  words ', 'ö😀\r', 'S 0 {}'];
  {
    using store = aStore(folder);
    for (const text of texts) store.add(orders, line(text));
    store.add(orders, line('other', T, { podUid: 'u2', pod: 'orders-2' }));
  }
  using store = aStore(folder);
  const [first, ...others] = (await store.reader(orders)?.next()) ?? [];
  assert.deepEqual(first?.source, source);
  assert.equal(first?.time, logTime(T));
  assert.deepEqual([first?.text, ...others.map(({ text }) => text)], [...texts, 'other']);
  assert.equal(others.at(-1)?.source.pod, 'orders-2');
});

test('a torn last line is dropped, and the next one is whole', async (t) => {
  const folder = aFolder(t);
  {
    using store = aStore(folder);
    store.add(orders, line('whole'));
  }
  const file = join(folder, 'shop.orders', '0000000001.log');
  appendFileSync(file, `L 0 ${logTime(T)} torn and no end`);
  {
    using store = aStore(folder);
    store.add(orders, line('next'));
  }
  using store = aStore(folder);
  assert.deepEqual(await textsOf(store.reader(orders)), ['whole', 'next']);
  assert.ok(readFileSync(file, 'utf8').endsWith('whole\n'));
});

test('a file of garbage is no line, and no reason to fail', async (t) => {
  const folder = aFolder(t);
  {
    using store = aStore(folder);
    store.add(orders, line('before'));
  }
  writeFileSync(join(folder, 'shop.orders', '0000000002.log'), `S 0 {"pod":\nL 9 x\nL 0 short\n\n\0\xff\nN\n`);
  using store = aStore(folder);
  store.add(orders, line('after'));
  store.flush();
  assert.deepEqual(await textsOf(store.reader(orders)), ['before', 'after']);
});

test('a function keeps its latest lines, at most as many bytes as it may, and the oldest go first', async (t) => {
  const folder = aFolder(t);
  using store = aStore(folder, { perFunctionBytes: 100_000 });
  for (let n = 0; n < 5_000; n += 1) {
    store.add(orders, line(`${n} ${'x'.repeat(90)}`));
    if (n % 50 === 0) store.flush();
  }
  store.flush();
  const kept = (await textsOf(store.reader(orders))).map((text) => Number.parseInt(text, 10));
  assert.equal(kept.at(-1), 4_999);
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, n) => 5_000 - kept.length + n),
  );
  const files = readdirSync(join(folder, 'shop.orders')).map((name) => join(folder, 'shop.orders', name));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  assert.ok(kept.length > 500 && bytes <= 100_000, `${kept.length} lines in ${bytes} bytes`);
});

test('lines are gone after a day, and so is a function that wrote none since', async (t) => {
  let nowMs = T;
  const folder = aFolder(t);
  using store = aStore(folder, { now: () => nowMs });
  store.add(orders, line('old'));
  store.flush();
  nowMs += 23 * HOUR_MS;
  store.expire();
  assert.deepEqual(await textsOf(store.reader(orders)), ['old']);
  nowMs += 2 * HOUR_MS;
  store.expire();
  assert.equal(store.reader(orders), undefined);
  assert.deepEqual([store.functions, store.bytes, readdirSync(folder)], [0, 0, ['epoch']]);
  store.add(orders, line('new', nowMs));
  store.flush();
  assert.deepEqual(await textsOf(store.reader(orders)), ['new']);
});

test('in all there is a bound: the namespace with most gives room, of its functions the largest', async (t) => {
  using store = aStore(aFolder(t), { perFunctionBytes: 80_000, totalBytes: 200_000 });
  const quiet = { namespace: 'blog', name: 'quiet' };
  store.add(quiet, line('still here'));
  for (let n = 0; n < 20_000; n += 1) {
    store.add({ namespace: 'loud', name: `f${n % 10}` }, line(`${n} ${'x'.repeat(90)}`));
    if (n % 100 === 0) store.flush();
  }
  store.flush();
  assert.ok(store.bytes <= 200_000, String(store.bytes));
  assert.deepEqual(await textsOf(store.reader(quiet)), ['still here']);
});

test('more functions than the bound has room for are no endless search', (t) => {
  using store = aStore(aFolder(t), { totalBytes: 20_000 });
  for (let n = 0; n < 50; n += 1) store.add({ namespace: `n${n}`, name: 'f' }, line('x'));
  store.flush();
  assert.ok(store.bytes <= 20_000);
});

test('a reader goes on where it was, and hears of what was dropped before it came', async (t) => {
  using store = aStore(aFolder(t), { perFunctionBytes: 100_000 });
  store.add(orders, line('first'));
  store.flush();
  const reader = store.reader(orders) as LogReader;
  const [first] = await reader.next();
  assert.deepEqual(await reader.next(), []);
  store.add(orders, line('second'));
  store.flush();
  assert.deepEqual(await textsOf(reader), ['second']);
  assert.deepEqual(await textsOf(store.reader(orders, first?.after)), ['second']);
  assert.equal(reader.takeLost(), false);
  for (let n = 0; n < 3_000; n += 1) {
    store.add(orders, line(`${n} ${'x'.repeat(90)}`));
    if (n % 50 === 0) store.flush();
  }
  store.flush();
  assert.equal((await textsOf(reader)).at(-1)?.split(' ')[0], '2999');
  assert.equal(reader.takeLost(), true);
});

test('a process that comes later knows how far each run was read', (t) => {
  const folder = aFolder(t);
  const now = () => T + HOUR_MS;
  {
    using store = aStore(folder, { now });
    store.add(orders, line('one', T));
    store.add(orders, line('two', T));
    store.add(orders, line('other', T + 5_000, { run: 1 }));
  }
  using store = aStore(folder, { now });
  const point = store.resume(orders, source);
  point.reopen();
  assert.equal(point.sinceTime, '2026-01-01T00:00:00Z');
  assert.deepEqual(
    [T, T, T, T + 1].map((ms) => point.take(logTime(ms))),
    [false, false, true, true],
  );
  const unknown = store.resume(orders, { ...source, podUid: 'u9' });
  assert.equal(unknown.sinceTime, '2025-12-31T01:00:00Z', 'what is older than a day would not be kept');
});

test('lines that were dropped to make room do not come back with the next process', (t) => {
  const folder = aFolder(t);
  const more = { perFunctionBytes: 100_000, now: () => T + HOUR_MS };
  {
    using store = aStore(folder, more);
    store.add(orders, line('quiet', T, { podUid: 'u2' }));
    for (let n = 0; n < 3_000; n += 1) {
      store.add(orders, line(`${n} ${'x'.repeat(90)}`, T + n * 1_000));
      if (n % 50 === 0) store.flush();
    }
  }
  using store = aStore(folder, more);
  const points = ['u2', 'u3'].map((podUid) => store.resume(orders, { ...source, podUid }));
  for (const point of points) {
    point.reopen();
    assert.equal(point.take(logTime(T)), false);
  }
  assert.equal(points[0]?.take(logTime(T + 4_000_000)), true);
  assert.equal(points[1]?.take(logTime(T + 4_000_000)), true, 'one does not know what the other has read');
});

test('a node whose clock is years ahead keeps no later lines from being kept', (t) => {
  const folder = aFolder(t);
  const more = { perFunctionBytes: 100_000, now: () => T };
  {
    using store = aStore(folder, more);
    for (let n = 0; n < 3_000; n += 1) {
      store.add(orders, line('x'.repeat(90), Date.UTC(2099, 0, 1) + n));
      if (n % 50 === 0) store.flush();
    }
  }
  using store = aStore(folder, more);
  const point = store.resume(orders, { ...source, podUid: 'u2' });
  point.reopen();
  assert.equal(point.take(logTime(T + 1)), true);
});

test('lines of a namespace that was there before are none of the one that has its name now, also those that come late', async (t) => {
  using store = aStore(aFolder(t), { now: () => T });
  store.add(orders, line('old'));
  store.forget('shop');
  assert.equal(store.reader(orders), undefined);
  store.add(orders, line('late'));
  store.begin('shop', T + 1_000);
  store.add(orders, line('too late', T + 999));
  store.add(orders, line('new', T + 1_000));
  store.flush();
  assert.deepEqual(await textsOf(store.reader(orders)), ['new']);
});

test('what is kept in all is counted as the disk counts it: in whole blocks, with folders', (t) => {
  const folder = aFolder(t);
  using store = aStore(folder);
  for (let n = 0; n < 50; n += 1) store.add({ namespace: 'shop', name: `f${n}` }, line('x'.repeat(4_000)));
  store.flush();
  const onDisk = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(({ parentPath, name }) => statSync(join(parentPath, name)))
    .reduce((sum, { blocks }) => sum + blocks * 512, 0);
  assert.ok(store.bytes >= onDisk - 4_096, `${onDisk} on disk, ${store.bytes} counted`);
});

test('a disk that is full ends nothing: what could not be written is told, and what comes next is kept', async (t) => {
  const folder = aFolder(t);
  const errors: unknown[] = [];
  using store = aStore(folder, { onError: (error) => errors.push(error) });
  store.add(orders, line('one'));
  store.flush();
  rmSync(join(folder, 'shop.orders'), { recursive: true });
  store.add(orders, line('lost'));
  store.flush();
  assert.equal(errors.length, 1);
  store.add(orders, line('two'));
  store.flush();
  assert.deepEqual(await textsOf(store.reader(orders)), ['two']);
});

test('a disk that takes nothing for long costs no line that was kept before, and every loss is told', async (t) => {
  const folder = aFolder(t);
  const errors: unknown[] = [];
  using store = aStore(folder, { perFunctionBytes: 100_000, onError: (error) => errors.push(error) });
  store.add(orders, line('before'));
  store.flush();
  const own = join(folder, 'shop.orders');
  renameSync(own, join(folder, 'aside'));
  writeFileSync(own, 'no folder');
  for (let n = 0; n < 100; n += 1) {
    store.add(orders, line('lost'));
    store.flush();
  }
  assert.equal(errors.length, 100);
  rmSync(own);
  renameSync(join(folder, 'aside'), own);
  store.add(orders, line('after'));
  store.flush();
  assert.deepEqual(await textsOf(store.reader(orders)), ['before', 'after']);
  assert.ok(store.bytes <= 3 * 4_096, String(store.bytes));
});

test('names that lead out of the folder name no function', () => {
  for (const name of ['..', '.', '', 'a/b', 'a.b', 'A', '-a', 'a-', 'a'.repeat(64), 'a\0', 'a\n'])
    assert.equal(isFunctionName({ namespace: 'shop', name }), false, JSON.stringify(name));
  assert.equal(isFunctionName(orders), true);
});
