/** The disk: what is there now, and the latest changes, in one SQLite file. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Change, Entry, Key } from './entry.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (bucket, namespace, name)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (
    revision INTEGER PRIMARY KEY, type TEXT NOT NULL, bucket TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    json TEXT NOT NULL, previous_revision INTEGER, previous_json TEXT
  );
  CREATE TABLE IF NOT EXISTS compacted (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
  INSERT OR IGNORE INTO compacted VALUES (0, 0);
`;

interface Saved {
  objects: { key: Key; entry: Entry }[];
  changes: Change[];
  /** Changes up to this revision are forgotten. */
  compacted: number;
}

/**
 * Writes are whole (a transaction each) and survive the death of the process; after a power cut the last ones may be
 * missing. One process at a time holds the file.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #log: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  /** @param folder made when it is not there */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'cluster.db');
    closeSync(openSync(path, 'a', 0o600)); // there are secrets in it
    this.#db = new DatabaseSync(path);
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    this.#db.exec(TABLES);
    this.#put = this.#db.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)');
    this.#remove = this.#db.prepare('DELETE FROM objects WHERE bucket = ? AND namespace = ? AND name = ?');
    this.#log = this.#db.prepare('INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#db.prepare('COMMIT');
  }

  read(): Saved {
    const objects = this.#db.prepare('SELECT * FROM objects ORDER BY bucket, namespace, name').all();
    const changes = this.#db.prepare('SELECT * FROM changes ORDER BY revision').all();
    const compacted = this.#db.prepare('SELECT revision FROM compacted').get();
    return {
      objects: objects.map((row) => ({ key: keyOf(row), entry: savedEntry(row.json, row.revision) })),
      changes: changes.map(savedChange),
      compacted: Number(compacted?.revision ?? 0),
    };
  }

  write({ type, key, entry, previous }: Change): void {
    this.#begin.run();
    try {
      if (type === 'DELETED') this.#remove.run(key.bucket, key.namespace, key.name);
      else this.#put.run(key.bucket, key.namespace, key.name, entry.revision, entry.json);
      const before = [previous?.revision ?? null, previous?.json ?? null] as const;
      this.#log.run(entry.revision, type, key.bucket, key.namespace, key.name, entry.json, ...before);
      this.#commit.run();
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Forgets changes up to `revision`. */
  compact(revision: number): void {
    this.#begin.run();
    this.#db.prepare('DELETE FROM changes WHERE revision <= ?').run(revision);
    this.#db.prepare('UPDATE compacted SET revision = ?').run(revision);
    this.#commit.run();
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

type Row = Record<string, unknown>;

function keyOf(row: Row): Key {
  return { bucket: String(row.bucket), namespace: String(row.namespace), name: String(row.name) };
}

function savedEntry(json: unknown, revision: unknown): Entry {
  const text = String(json);
  return { object: JSON.parse(text) as KubeObject, json: text, revision: Number(revision) };
}

function savedChange(row: Row): Change {
  const entry = savedEntry(row.json, row.revision);
  const change = { type: row.type as Change['type'], key: keyOf(row), entry };
  if (row.previous_json === null) return change;
  return { ...change, previous: savedEntry(row.previous_json, row.previous_revision) };
}
