import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deleteOldEvents } from './event-expiry.ts';
import { Database } from './store/database.ts';
import { Store } from './store/store.ts';

test('an event goes an hour after it was last seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cluster-events-'));
  const database = new Database(folder);
  const store = new Store(database);
  const event = (name: string, lastTimestamp: string) => {
    const metadata = { name, namespace: 'a', creationTimestamp: '2026-01-01T00:00:00Z' };
    store.put({ bucket: 'events', namespace: 'a', name }, { apiVersion: 'v1', kind: 'Event', metadata, lastTimestamp });
  };
  event('old', '2026-01-01T10:00:00Z');
  event('new', '2026-01-01T11:00:00Z');
  deleteOldEvents({ store, now: () => Date.parse('2026-01-01T11:00:01Z') });
  assert.deepEqual(
    store.list('events', '').map(({ object }) => object.metadata.name),
    ['new'],
  );
  database[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});
