import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { Database } from './database.ts';
import { EVERY_BUCKET, Store } from './store.ts';

const key = (name: string, namespace = 'a') => ({ bucket: 'things', namespace, name });
const thing = (name: string, value: number, namespace = 'a'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace },
  value,
});
const values = (entries: { object: KubeObject }[]) => entries.map(({ object }) => object.value);

suite('store', () => {
  let folder: string;
  let database: Database;
  let store: Store;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cluster-store-'));
    database = new Database(folder);
    store = new Store(database);
  });
  afterEach(() => {
    database[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  function reopen(): void {
    database[Symbol.dispose]();
    database = new Database(folder);
    store = new Store(database);
  }

  test('counts every change once', () => {
    assert.equal(store.put(key('x'), thing('x', 1)).revision, 1);
    assert.equal(store.put(key('x'), thing('x', 2)).revision, 2);
    assert.equal(store.delete(key('x'))?.revision, 3);
    assert.equal(store.delete(key('x')), undefined);
    assert.equal(store.revision, 3);
  });

  test('lists by namespace and name', () => {
    store.put(key('b', 'z'), thing('b', 1, 'z'));
    store.put(key('b'), thing('b', 2));
    store.put(key('a', 'z'), thing('a', 3, 'z'));
    assert.deepEqual(values(store.list('things', '')), [2, 3, 1]);
    assert.deepEqual(values(store.list('things', 'z')), [3, 1]);
  });

  test('shows what was there at any revision it remembers', () => {
    store.put(key('x'), thing('x', 1));
    store.put(key('y'), thing('y', 2));
    store.put(key('x'), thing('x', 3));
    store.delete(key('y'));
    assert.deepEqual(values(store.listAt('things', '', 1)), [1]);
    assert.deepEqual(values(store.listAt('things', '', 2)), [1, 2]);
    assert.deepEqual(values(store.listAt('things', '', 3)), [3, 2]);
  });

  test('has everything again after it was opened anew', () => {
    store.put(key('x'), thing('x', 1));
    store.put(key('x'), thing('x', 2));
    store.delete(key('x'));
    store.put(key('y'), thing('y', 3));
    reopen();
    assert.equal(store.revision, 4);
    assert.deepEqual(values(store.list('things', '')), [3]);
    assert.deepEqual(
      store.changesAfter('things', 1).map(({ type, previous }) => [type, previous?.object.value]),
      [
        ['MODIFIED', 1],
        ['DELETED', 2],
        ['ADDED', undefined],
      ],
    );
  });

  test('remembers what it forgot', () => {
    store.put(key('x'), thing('x', 1));
    store.put(key('x'), thing('x', 2));
    store.compact(1);
    reopen();
    assert.equal(store.compacted, 1);
    assert.equal(store.changesAfter('things', 1).length, 1);
  });

  test('keeps counting when every change is forgotten', () => {
    store.put(key('x'), thing('x', 1));
    store.compact(1);
    reopen();
    assert.equal(store.put(key('x'), thing('x', 2)).revision, 2);
  });

  test('tells listeners of their bucket, or of all', () => {
    const heard: string[] = [];
    const stop = store.listen('things', ({ type }) => heard.push(`things ${type}`));
    store.listen(EVERY_BUCKET, ({ key: { bucket } }) => heard.push(`any ${bucket}`));
    store.put(key('x'), thing('x', 1));
    stop();
    store.put({ bucket: 'others', namespace: '', name: 'o' }, thing('o', 1));
    assert.deepEqual(heard, ['things ADDED', 'any things', 'any others']);
  });

  test('is open to one process at a time', () => {
    store.put(key('x'), thing('x', 1));
    assert.throws(() => new Database(folder), /locked/);
  });
});
