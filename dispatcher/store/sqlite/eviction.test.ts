import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS, type NewEntry, StoreError } from '../store.ts';
import type { RoomFor } from './eviction.ts';
import { numberOf, openDatabase } from './open-database.ts';
import { SqliteStore } from './sqlite-store.ts';

const MIB = 1_048_576;

/** A store on a disk of 16 MiB: new entries leave 4 of them, answers 2. */
class SmallDisk implements Disposable {
  readonly store: SqliteStore;
  #ids = 0;

  constructor() {
    const db = openDatabase(':memory:');
    const used = () => (numberOf(db, 'page_count') - numberOf(db, 'freelist_count')) * numberOf(db, 'page_size');
    const hasRoom = (bytes: number, what: RoomFor) => used() + bytes <= (what === 'answers' ? 14 : 12) * MIB;
    this.store = new SqliteStore(db, { limits: DEFAULT_LIMITS, nowMs: () => 1_000, hasRoom });
  }

  accept(uid: string, namespace: string, bytes = 0): string {
    this.#ids += 1;
    const id = `${uid}-${this.#ids}`;
    const owner = { uid, namespace, name: uid };
    const entry: NewEntry = { id, owner, head: new Uint8Array(1), body: new Uint8Array(bytes) };
    assert.deepEqual(this.store.enqueue([entry]), [{ outcome: 'accepted' }]);
    return id;
  }

  end(uid: string, outcome: 'done' | 'buried', resultBytes: number): void {
    const { entries } = this.store.lease(new Map([[uid, 1]]), 1_000);
    for (const { id, epoch } of entries)
      assert.equal(this.store.settle([{ id, epoch, outcome, result: new Uint8Array(resultBytes) }])[0]?.holds, true);
  }

  [Symbol.dispose](): void {
    assert.equal(this.store.unaccounted(), 0);
    this.store.close();
  }
}

test('a namespace that fills the disk with answers gives way to the work and the answers of another', () => {
  using disk = new SmallDisk();
  const own = disk.accept('own', 'small', 100);
  disk.end('own', 'done', 1_000);
  for (let function_ = 0; function_ < 40; function_ += 1) {
    disk.accept(`hog-${function_}`, 'large', 100);
    disk.end(`hog-${function_}`, 'done', MIB);
  }
  const further = disk.accept('own', 'small', MIB);
  disk.end('own', 'done', MIB);
  for (const id of [own, further]) assert.notEqual(disk.store.result(id), undefined, id);
});

test('what was given up goes after the answers of what is done', () => {
  using disk = new SmallDisk();
  const buried = disk.accept('a', 'one', MIB);
  disk.end('a', 'buried', 0);
  for (let done = 0; done < 20; done += 1) {
    disk.accept('a', 'one');
    disk.end('a', 'done', MIB);
  }
  disk.accept('b', 'two', MIB);
  assert.equal(disk.store.entry(buried)?.state, 'buried');
  for (let number = 0; number < 10; number += 1) disk.accept('b', 'two', MIB);
  assert.equal(disk.store.entry(buried), undefined);
});

test('where nothing that has ended takes the room, new work is refused, and what is there ends without its answer', () => {
  using disk = new SmallDisk();
  const ended = disk.accept('a', 'one');
  disk.end('a', 'done', 1_000);
  for (let number = 0; number < 11; number += 1) disk.accept('a', 'one', MIB);
  for (let number = 0; number < 2; number += 1) disk.accept('b', 'two', 300_000);
  const refused = (error: unknown) => error instanceof StoreError && error.code === 'DiskFull';
  assert.throws(() => disk.accept('b', 'two', MIB), refused);
  assert.notEqual(disk.store.result(ended), undefined, 'nothing is forgotten in vain');
});

test('answers that no room can be made for are not kept, and what was answered is done all the same', () => {
  using disk = new SmallDisk();
  for (let number = 0; number < 11; number += 1) disk.accept('a', 'one', MIB);
  const id = disk.accept('b', 'two');
  const { entries } = disk.store.lease(new Map([['b', 1]]), 1_000);
  const lease = entries[0] as { id: string; epoch: number };
  const result = new Uint8Array(MIB);
  const many = Array.from(
    { length: 3 },
    (_, at) => ({ ...lease, epoch: lease.epoch + at, outcome: 'done', result }) as const,
  );
  assert.deepEqual(
    disk.store.settle(many).map(({ holds }) => holds),
    [true, false, false],
  );
  assert.deepEqual([disk.store.entry(id)?.state, disk.store.result(id)], ['done', undefined]);
});

test('room for one large entry is made of thousands of small answers', () => {
  using disk = new SmallDisk();
  for (let function_ = 0; function_ < 4; function_ += 1)
    for (let done = 0; done < 1_000; done += 1) {
      disk.accept(`a-${function_}`, 'one');
      disk.end(`a-${function_}`, 'done', 2_000);
    }
  assert.equal(disk.accept('b', 'two', 6 * MIB), 'b-4001');
});

test('what follows an end on a full disk is dropped, and the end is written', () => {
  using disk = new SmallDisk();
  for (let number = 0; number < 11; number += 1) disk.accept('a', 'one', MIB);
  const id = disk.accept('b', 'two');
  const { entries } = disk.store.lease(new Map([['b', 1]]), 1_000);
  const owner = { uid: 'c', namespace: 'two', name: 'c' };
  const followUps = [{ id: 'after', owner, head: new Uint8Array(), body: new Uint8Array(MIB) }];
  const epoch = entries[0]?.epoch ?? 0;
  assert.deepEqual(disk.store.settle([{ id, epoch, outcome: 'done', followUps }]), [{ holds: true, dropped: 1 }]);
  assert.deepEqual([disk.store.entry(id)?.state, disk.store.entry('after')], ['done', undefined]);
});
