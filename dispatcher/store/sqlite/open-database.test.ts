import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { DEFAULT_LIMITS } from '../store.ts';
import { openDatabase } from './open-database.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';
import { SqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'catnap-database-'));
after(() => rmSync(folder, { recursive: true }));

/** As the first version left it: one that waits, one that is buried with an answer. */
function ofFirstVersion(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA auto_vacuum = INCREMENTAL; ${MIGRATIONS[0]}`);
  db.exec(`
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1;
    UPDATE totals SET accepted = 2, buried = 1, leases = 1;
    INSERT INTO functions VALUES (1, 'u', 'one', 'hello', 1, 0, 0, 1, 0, 3, 0, 5);
    INSERT INTO entries VALUES (1, 1, 'buried', 3, NULL, NULL, NULL, 5, 1, 1, 10, 10, NULL, 9000, 'it answered 500');
    INSERT INTO entries VALUES (2, 1, 'waits', 0, NULL, NULL, NULL, 3, 0, 0, 20, 30, 30, NULL, NULL);
    INSERT INTO payloads VALUES (1, x'01', x'0203'); INSERT INTO payloads VALUES (2, x'04', x'0506');
    INSERT INTO results VALUES (1, x'0708');
  `);
  db.close();
}

test('a file of the version before opens, and what it holds goes on as if it were of this one', () => {
  const path = join(folder, 'first.db');
  ofFirstVersion(path);
  const store = new SqliteStore(openDatabase(path), { limits: DEFAULT_LIMITS, nowMs: () => 100, hasRoom: () => true });
  assert.deepEqual(store.totals(), { accepted: 2, done: 0, buried: 1, cancelled: 0, redriven: 0 });
  assert.deepEqual(store.redrive(['buried', 'waits']), [true, false]);
  const owner = { uid: 'u', namespace: 'one', name: 'hello' };
  assert.deepEqual(store.enqueue([{ id: 'new', owner, head: new Uint8Array(), body: new Uint8Array() }]), [
    { outcome: 'accepted' },
  ]);
  const { entries } = store.lease(new Map([['u', 9]]), 50);
  const told = entries.map(({ id, attempt, enqueuedAtMs, ageFromMs }) => ({ id, attempt, enqueuedAtMs, ageFromMs }));
  assert.deepEqual(told, [
    { id: 'waits', attempt: 1, enqueuedAtMs: 20, ageFromMs: 20 },
    { id: 'buried', attempt: 1, enqueuedAtMs: 10, ageFromMs: 100 },
    { id: 'new', attempt: 1, enqueuedAtMs: 100, ageFromMs: 100 },
  ]);
  assert.deepEqual(store.payload('buried'), { head: new Uint8Array([1]), body: new Uint8Array([2, 3]) });
  assert.equal(store.unaccounted(), 0);
  store.close();
});
