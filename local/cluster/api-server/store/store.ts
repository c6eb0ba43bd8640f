import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Database } from './database.ts';
import type { Change, Entry, Key } from './entry.ts';
import { entryOf, pathOf } from './entry.ts';

type Listener = (change: Change) => void;
export const EVERY_BUCKET = '';
/** Changes that are kept at most. */
const HISTORY = 4_000;

/**
 * All objects, in memory and on disk, under one counter: each change has the next revision. Calls are synchronous, so a
 * read followed by a write without an `await` between is atomic. A change is on disk before a listener hears of it.
 */
export class Store {
  readonly #database: Database;
  readonly #limit: number;
  readonly #buckets = new Map<string, Map<string, Entry>>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #history: Change[];
  #revision: number;
  #compacted: number;

  /** @param history changes that are kept at most; a fifth of them is dropped at once */
  constructor(database: Database, history = HISTORY) {
    this.#database = database;
    this.#limit = history;
    const saved = database.read();
    for (const { key, entry } of saved.objects) this.#bucket(key.bucket).set(pathOf(key), entry);
    this.#history = saved.changes;
    this.#compacted = saved.compacted;
    this.#revision = saved.changes.at(-1)?.entry.revision ?? saved.compacted;
  }

  /** The latest change's. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes up to this revision are forgotten: a watch cannot start before it, nor a list show it. */
  get compacted(): number {
    return this.#compacted;
  }

  get(key: Key): Entry | undefined {
    return this.#buckets.get(key.bucket)?.get(pathOf(key));
  }

  /** Ordered by namespace and name. Empty `namespace`: all. */
  list(bucket: string, namespace: string): Entry[] {
    const all = [...(this.#buckets.get(bucket) ?? [])];
    const prefix = `${namespace}/`;
    const wanted = namespace === '' ? all : all.filter(([path]) => path.startsWith(prefix));
    return wanted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, entry]) => entry);
  }

  /** The same as it was at `revision`, which is not before `compacted`. */
  listAt(bucket: string, namespace: string, revision: number): Entry[] {
    const past = new Map(this.list(bucket, namespace).map((entry) => [objectPath(entry), entry]));
    for (const { entry, previous } of this.changesAfter(bucket, revision).reverse()) {
      if (namespace !== '' && entry.object.metadata.namespace !== namespace) continue;
      if (previous === undefined) past.delete(objectPath(entry));
      else past.set(objectPath(entry), previous);
    }
    return [...past].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, entry]) => entry);
  }

  /** Creates or replaces. */
  put(key: Key, object: KubeObject): Entry {
    const previous = this.get(key);
    const entry = entryOf(object, this.#revision + 1);
    this.#commit(previous === undefined ? { type: 'ADDED', key, entry } : { type: 'MODIFIED', key, entry, previous });
    return entry;
  }

  /** The last state, with the deletion's revision; `undefined` when there is no such object. */
  delete(key: Key): Entry | undefined {
    const previous = this.get(key);
    if (previous === undefined) return undefined;
    const entry = entryOf(previous.object, this.#revision + 1);
    this.#commit({ type: 'DELETED', key, entry, previous });
    return entry;
  }

  /** Oldest first. `revision` is not before `compacted`. */
  changesAfter(bucket: string, revision: number): Change[] {
    const from = firstAfter(this.#history, revision);
    return this.#history.slice(from).filter((change) => change.key.bucket === bucket);
  }

  /**
   * Calls `listener` with each later change in `bucket` (EVERY_BUCKET: in any), in order, before the writer's call
   * returns. It must not throw.
   */
  listen(bucket: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(bucket) ?? new Set();
    this.#listeners.set(bucket, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** Shows the objects of a bucket in another form from now on; neither their revisions nor what is on disk change. */
  reread(bucket: string, form: (object: KubeObject) => KubeObject): void {
    for (const [path, entry] of this.#bucket(bucket)) {
      this.#bucket(bucket).set(path, entryOf(form(entry.object), entry.revision));
    }
  }

  #bucket(name: string): Map<string, Entry> {
    const bucket = this.#buckets.get(name) ?? new Map<string, Entry>();
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #commit(change: Change): void {
    const { type, key, entry } = change;
    this.#database.write(change);
    this.#revision = entry.revision;
    if (type === 'DELETED') this.#bucket(key.bucket).delete(pathOf(key));
    else this.#bucket(key.bucket).set(pathOf(key), entry);
    this.#history.push(change);
    if (this.#history.length > this.#limit) this.#dropOldest();
    for (const bucket of [key.bucket, EVERY_BUCKET]) {
      for (const listener of [...(this.#listeners.get(bucket) ?? [])]) listener(change);
    }
  }

  #dropOldest(): void {
    const last = this.#history[Math.floor(this.#limit / 5)];
    this.compact(last?.entry.revision ?? 0);
  }

  /** Forgets the changes up to `revision`. */
  compact(revision: number): void {
    if (revision <= this.#compacted) return;
    this.#history = this.#history.slice(firstAfter(this.#history, revision));
    this.#compacted = revision;
    this.#database.compact(revision);
  }
}

function objectPath(entry: Entry): string {
  const { namespace = '', name = '' } = entry.object.metadata;
  return pathOf({ namespace, name });
}

/** Index of the first change later than `revision`. */
function firstAfter(changes: readonly Change[], revision: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.entry.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
