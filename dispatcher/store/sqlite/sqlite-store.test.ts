import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS } from '../store.ts';
import { conforms } from '../testing/conformance.ts';
import { openDatabase } from './open-database.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';

const open = (options: Omit<SqliteStoreOptions, 'hasRoom'>) =>
  new SqliteStore(openDatabase(':memory:'), { ...options, hasRoom: () => true });

conforms('the store on SQLite', { runs: 500, open, reopen: (store) => store });

test('an entry that ends as others are forgotten does not make those between them be kept', () => {
  let nowMs = 0;
  const store = open({ limits: DEFAULT_LIMITS, nowMs: () => nowMs });
  const owner = { uid: 'u', namespace: 'one', name: 'hello' };
  const empty = new Uint8Array();
  store.enqueue(['first', 'second', 'third'].map((id) => ({ id, owner, head: empty, body: empty })));
  const keptMs = DEFAULT_LIMITS.results.ageMs;
  store.cancel(['first']);
  nowMs = 10;
  store.cancel(['second']);
  nowMs = keptMs;
  store.cancel(['third']);
  nowMs = keptMs + 10;
  assert.deepEqual(
    store.list({}, { limit: 10 }).entries.map(({ id }) => id),
    ['third'],
  );
  store.close();
});
