import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { EmbeddedStore } from './embedded-store.ts';
import { DEFAULT_LIMITS, type NewEntry, StoreError } from './store.ts';
import { conforms } from './testing/conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'catnap-store-'));
/** Some thousand writes that have to reach a disk that others use as well would take minutes. */
const inMemory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'catnap-store-'));
after(() => {
  for (const each of [folder, inMemory]) rmSync(each, { recursive: true });
});
let files = 0;
const newPath = () => join(folder, `${++files}.db`);
const openAt = (path: string) => EmbeddedStore.open({ path, limits: DEFAULT_LIMITS });

const OWNER = { uid: 'u', namespace: 'one', name: 'hello' };
const anEntry = (id: string, more: Partial<NewEntry> = {}): NewEntry => ({
  id,
  owner: OWNER,
  head: new Uint8Array([1]),
  body: new TextEncoder().encode(id),
  ...more,
});
const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

const paths = new WeakMap<object, string>();
conforms('the embedded store', {
  runs: 15,
  open: async (options) => {
    const path = join(inMemory, `${++files}.db`);
    const store = await EmbeddedStore.open({ path, ...options });
    paths.set(store, path);
    return store;
  },
  reopen: async (store, options) => {
    await store.close();
    const path = paths.get(store) as string;
    const again = await EmbeddedStore.open({ path, ...options });
    paths.set(again, path);
    return again;
  },
});

test('calls that come together are one write, and each has its own answer', async () => {
  await using store = await openAt(newPath());
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => store.enqueue([anEntry(`e${n}`)])));
  assert.ok(answers.every(([first]) => first?.outcome === 'accepted'));
});

test('one call that fails takes nothing from those beside it', async () => {
  await using store = await openAt(newPath());
  const [before, failed, behind] = await Promise.allSettled([
    store.enqueue([anEntry('before')]),
    store.list({}, { cursor: 'of no page', limit: 1 }),
    store.enqueue([anEntry('behind')]),
  ]);
  assert.equal(before.status, 'fulfilled');
  assert.equal(failed.status, 'rejected');
  assert.ok(failed.reason instanceof RangeError);
  assert.equal(behind.status, 'fulfilled');
  assert.deepEqual((await store.totals()).accepted, 2);
  assert.equal(await store.unaccounted(), 0);
});

test('what is longer than a store takes is refused before it is sent', async () => {
  await using store = await openAt(newPath());
  await assert.rejects(store.enqueue(new Array(1_001).fill(anEntry('a'))), RangeError);
  await assert.rejects(store.enqueue([anEntry('a'.repeat(1_025))]), RangeError);
  await assert.rejects(store.enqueue([anEntry('\ud800')]), RangeError);
  await assert.rejects(store.enqueue([anEntry('a', { notBeforeMs: 0.5 })]), RangeError);
  const result = new Uint8Array(1_048_576 + 65_536 + 1);
  await assert.rejects(store.settle([{ id: 'a', epoch: 1, outcome: 'done', result }]), RangeError);
});

test('numbers that are none, or none that a store can mean, are refused before they are sent', async () => {
  await using store = await openAt(newPath());
  const none = [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY];
  for (const number of none) {
    await assert.rejects(store.lease(new Map([['u', number]]), 1), /RangeError: room of u: a whole number/);
    await assert.rejects(store.lease(new Map(), number), /milliseconds of a lease/);
    await assert.rejects(store.extend([], number), /milliseconds of a lease/);
    await assert.rejects(store.settle([{ id: 'a', epoch: 1, outcome: 'done', keepMs: number }]), /it is kept/);
  }
  for (const limit of [...none, 0, 1_001]) await assert.rejects(store.list({}, { limit }), /RangeError: limit/);
});

test('payloads are read together as far as they are not too much, and one alone however large it is', async () => {
  await using store = await openAt(newPath());
  const body = new Uint8Array(9 * 1_048_576);
  await store.enqueue([anEntry('a'), anEntry('large', { body })]);
  await store.enqueue([anEntry('larger', { body })]);
  const [, unknown, large] = await store.payloads(['a', 'unknown', 'large']);
  assert.equal(unknown, undefined);
  assert.equal(large?.body.byteLength, body.byteLength);
  await assert.rejects(store.payloads(['large', 'larger']), /RangeError: several payloads .* ask for fewer/);
  assert.equal((await store.payload('larger'))?.body.byteLength, body.byteLength);
});

test('more than may wait for the disk is refused at once', async () => {
  await using store = await openAt(newPath());
  const body = new Uint8Array(20 * 1_048_576);
  const answers = await Promise.allSettled([1, 2, 3, 4].map((n) => store.enqueue([anEntry(`e${n}`, { body })])));
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
  );
  assert.throws(
    () => {
      throw (answers[3] as PromiseRejectedResult).reason;
    },
    refusal('Busy', /try again later/),
  );
});

test('each entry that a call is about counts as one that waits, and a call about none as one too', async () => {
  await using store = await openAt(newPath());
  const ids = Array.from({ length: 1_000 }, (_, n) => `e${n}`);
  const leases = ids.map((id) => ({ id, epoch: 1 }));
  const busy = async (calls: Promise<unknown>[]) => {
    const answers = await Promise.allSettled(calls);
    return answers.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []));
  };
  assert.deepEqual(await busy([1, 2, 3, 4, 5].map(() => store.cancel(ids))), [4]);
  assert.deepEqual(await busy([1, 2, 3, 4, 5].map(() => store.extend(leases, 1))), [4]);
  const result = new Uint8Array(256 * 1_024);
  const settlements = leases.slice(0, 100).map((lease) => ({ ...lease, outcome: 'done' as const, result }));
  assert.deepEqual(await busy([1, 2, 3, 4].map(() => store.settle(settlements))), [2, 3]);
  assert.deepEqual(await busy(Array.from({ length: 4_001 }, () => store.enqueue([]))), [4_000]);
});

test('a payload that is a piece of a large buffer takes no more memory than the piece', async () => {
  await using store = await openAt(newPath());
  const large = Buffer.alloc(32 * 1_048_576);
  const before = process.memoryUsage().rss;
  const calls = Array.from({ length: 20 }, (_, n) => {
    const body = large.subarray(n, n + 10);
    return store.enqueue([anEntry(`e${n}`, { head: body, body })]);
  });
  const grown = process.memoryUsage().rss - before;
  await Promise.all(calls);
  assert.ok(grown < 4 * large.length, `${grown} bytes`);
  assert.deepEqual((await store.payload('e3'))?.body, new Uint8Array(10));
});

test('a second store at the same file is refused in words', async () => {
  const path = newPath();
  await using first = await openAt(path);
  await first.enqueue([anEntry('a')]);
  await assert.rejects(openAt(path), refusal('Unusable', /another process has .* open/));
  assert.equal((await first.entry('a'))?.state, 'waiting');
});

test('a database of a newer version is refused in words, and left as it is', async () => {
  const path = newPath();
  await (await openAt(path)).close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 99');
  db.close();
  await assert.rejects(openAt(path), refusal('Unusable', /written by a newer Catnap \(version 99/));
});

test('a file that is no database, or another program’s, is refused in words', async () => {
  const text = newPath();
  writeFileSync(text, 'no database at all, but long enough to be looked at\n'.repeat(100));
  await assert.rejects(openAt(text), refusal('Unusable', /damaged or no database/));
  const other = newPath();
  const db = new DatabaseSync(other);
  db.exec('CREATE TABLE theirs (a)');
  db.close();
  await assert.rejects(openAt(other), refusal('Unusable', /of another program/));
});

test('a folder that is not there is told', async () => {
  await assert.rejects(openAt(join(folder, 'nowhere', 'a.db')), refusal('Failed', /nowhere\/a\.db: unable to open/));
});

test('a thread that fails or ends before there is a store is told', async () => {
  const openBy = (worker: URL) => EmbeddedStore.open({ path: newPath(), limits: DEFAULT_LIMITS, worker });
  await assert.rejects(openBy(new URL('./nowhere.ts', import.meta.url)), refusal('Failed', /nowhere/));
  await assert.rejects(openBy(new URL('data:text/javascript,')), refusal('Failed', /ended/));
});

test('a closed store refuses, and what was asked before is answered', async () => {
  const store = await openAt(newPath());
  const asked = store.enqueue([anEntry('a')]);
  const closed = store.close();
  assert.deepEqual(await asked, [{ outcome: 'accepted' }]);
  await closed;
  await assert.rejects(store.totals(), refusal('Closed', /closed/));
});

test('pages of entries that are gone go back to the disk', async () => {
  const path = newPath();
  await using store = await openAt(path);
  const body = new Uint8Array(1_048_576);
  for (let n = 0; n < 16; n += 1) await store.enqueue([anEntry(`e${n}`, { body })]);
  const full = await store.space();
  await store.cancelByOwner('u');
  // Each look is a turn, and each idle turn gives some back.
  let { file } = await store.space();
  for (let looks = 0; looks < 100 && file > full.file / 2; looks += 1) ({ file } = await store.space());
  assert.ok(file <= full.file / 2, `${file} of ${full.file}`);
  assert.ok((await store.space()).highWater >= full.file);
});
