import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../store.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

const OUT_OF_ROOM = 13;
const BUSY = 5;
const DAMAGED = [11, 26];
const PAGE_CACHE_KIB = 4_096;

/**
 * Opens or makes the database, brings it to this version, and holds it alone until it is closed. After a commit returns, what
 * it changed is on disk. `path` may be `:memory:`.
 */
export function openDatabase(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    // Alone: also without the shared memory that a write-ahead log has between processes. Before the log is first read.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;`);
    db.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${PAGE_CACHE_KIB}; PRAGMA trusted_schema = OFF;`);
    db.exec('BEGIN IMMEDIATE');
    migrate(db, path);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    db?.close();
    throw inWords(error, path);
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const version = numberOf(db, 'user_version');
  const application = numberOf(db, 'application_id');
  const isNew = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0;
  if (!isNew && application !== APPLICATION_ID)
    throw new StoreError('Unusable', `${path} is a database of another program; name another file`);
  if (version > MIGRATIONS.length) {
    const versions = `version ${version}, this program knows ${MIGRATIONS.length}`;
    throw new StoreError(
      'Unusable',
      `${path} was written by a newer Catnap (${versions}): install that one or a later`,
    );
  }
  for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`);
}

export function numberOf(db: DatabaseSync, pragma: string): number {
  return Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] as number;
}

/** What SQLite says, as an error of a store that says what to do. */
export function inWords(error: unknown, path: string): Error {
  if (!(error instanceof Error)) return new StoreError('Failed', String(error));
  if (error instanceof StoreError || error instanceof RangeError) return error;
  const code = (error as { errcode?: number }).errcode ?? 0;
  const told = (short: StoreError['code'], message: string) => new StoreError(short, message, { cause: error });
  // The lower byte says the kind of error, the others its place.
  const kind = code & 0xff;
  if (kind === OUT_OF_ROOM) return told('DiskFull', `the disk of ${path} is full`);
  if (kind === BUSY) return told('Unusable', `another process has ${path} open: a store has one process at a time`);
  if (DAMAGED.includes(kind))
    return told(
      'Unusable',
      `${path} is damaged or no database (${error.message}): restore it, or move it away to begin anew`,
    );
  return told('Failed', `${path}: ${error.message}`);
}
