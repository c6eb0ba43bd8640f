/** The dispatcher's store with many histories and many entries. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EmbeddedStore } from '../../dispatcher/store/embedded-store.ts';
import { openDatabase } from '../../dispatcher/store/sqlite/open-database.ts';
import { SqliteStore } from '../../dispatcher/store/sqlite/sqlite-store.ts';
import { DEFAULT_LIMITS } from '../../dispatcher/store/store.ts';
import { conforms } from '../../dispatcher/store/testing/conformance.ts';

conforms('the store on SQLite', {
  runs: 10_000,
  open: (options) => new SqliteStore(openDatabase(':memory:'), { ...options, hasRoom: () => true }),
  reopen: (store) => store,
});

const folder = mkdtempSync(join(tmpdir(), 'catnap-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function told(plan: string, path: string): Record<string, number> {
  const main = join(import.meta.dirname, 'store', 'main.ts');
  const run = spawnSync(process.execPath, [main, plan, path], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout === '' ? {} : JSON.parse(run.stdout);
}

test('a million waiting entries cost a start no two seconds and no 15 MiB', { timeout: 280_000 }, () => {
  const path = join(folder, 'million.db');
  told('fill', path);
  const empty = told('open', join(folder, 'empty.db'));
  const million = told('open', path);
  console.log({ empty, million });
  assert.equal(million.waiting, 1_000_000);
  assert.equal(million.leased, 1_000);
  assert.ok((million.openMs as number) < 2_000);
  assert.ok((million.idleMib as number) - (empty.idleMib as number) < 15);
});

test('a hundred thousand entries of one function hold up another’s by less than a second', {
  timeout: 280_000,
}, async () => {
  const limits = {
    ...DEFAULT_LIMITS,
    perFunction: { entries: 1e6, bytes: 1e9 },
    perNamespace: { entries: 1e6, bytes: 1e9 },
  };
  await using store = await EmbeddedStore.open({ path: join(folder, 'flood.db'), limits });
  const anEntry = (uid: string, id: string) => {
    const owner = { uid, namespace: uid, name: 'hello' };
    return { id, owner, head: new Uint8Array(50), body: new Uint8Array(50) };
  };
  const flood = async () => {
    for (let n = 0; n < 100; n += 2) {
      const batch = (at: number) => Array.from({ length: 1_000 }, (_, one) => anEntry('flood', `f${n + at}-${one}`));
      await Promise.all(Array.from({ length: 2 }, (_, at) => store.enqueue(batch(at))));
    }
    while ((await store.cancelByOwner('flood')).more);
  };
  let isOver = false;
  const flooded = flood().finally(() => {
    isOver = true;
  });
  let worstMs = 0;
  for (let n = 0; !isOver; n += 1) {
    const beginsAtMs = performance.now();
    await store.enqueue([anEntry('other', `o${n}`)]);
    const room = new Map([
      ['flood', 1],
      ['other', 1],
    ]);
    const { entries } = await store.lease(room, 60_000);
    const other = entries.filter(({ uid }) => uid === 'other');
    assert.equal(other.length, 1);
    await store.settle(entries.map(({ id, epoch }) => ({ id, epoch, outcome: 'done' as const })));
    worstMs = Math.max(worstMs, performance.now() - beginsAtMs);
  }
  await flooded;
  console.log({ worstMs });
  assert.ok(worstMs < 1_000, `${worstMs} ms`);
  assert.equal(await store.unaccounted(), 0);
});
