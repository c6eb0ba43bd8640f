import { readFileSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../store.ts';
import type { RoomFor } from './eviction.ts';
import { networkFileSystem } from './mount-info.ts';
import { numberOf } from './open-database.ts';

const MIB = 1_048_576;
/** New entries stand in the write-ahead log first, then in the file too. */
const COPIES = 2;
/** The write-ahead log takes this part of the reserve, and no more pages than these. */
const LOG_SHARE = 4;
const MAX_LOG_PAGES = 1_000;
/** Free pages that the file keeps for what comes next, and pages that go back to the disk at once: some milliseconds. */
const KEPT_PAGES = 1_024;
const PAGES_AT_ONCE = 256;

/** All in bytes. */
export interface Space {
  file: number;
  /** Within the file, for what comes next. */
  free: number;
  /** The most that the file took since it was opened. */
  highWater: number;
  /** Of the disk, for this process. */
  diskFree: number;
}

/** Throws where the path lies on a network file system. Where the system does not say what is mounted, it is not known. */
export function refuseNetwork(path: string): void {
  let type: string | undefined;
  try {
    type = networkFileSystem(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(dirname(path)));
  } catch {
    return;
  }
  if (type === undefined) return;
  const why = `lies on ${type}, where locks and durability are not those of this machine`;
  throw new StoreError('Unusable', `${path} ${why}: use a volume of block storage, or a disk of the node`);
}

/**
 * The room that there is. New entries are refused while some is left, an eighth of a small disk, so that those accepted can still
 * be settled: that writes too. Of that what functions answer takes half at the most.
 */
export class Disk {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #pageBytes: number;
  readonly #reserve: number;
  #highWater = 0;

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
    this.#pageBytes = numberOf(db, 'page_size');
    const { blocks, bsize } = statfsSync(dirname(path));
    this.#reserve = Math.min(Math.max((blocks * bsize) / 8, MIB), 64 * MIB);
    // What was settled goes from the log into the file before the log has taken much of the reserve.
    const logPages = Math.min(Math.floor(this.#reserve / LOG_SHARE / this.#pageBytes), MAX_LOG_PAGES);
    db.exec(`PRAGMA wal_autocheckpoint = ${logPages}`);
  }

  hasRoom(bytes: number, what: RoomFor): boolean {
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    // Pages that are in the log only will make the file longer.
    const owed = Math.max(this.#fileBytes() - statSync(this.#path).size, 0);
    const free = this.#freePages() * this.#pageBytes;
    const reserve = what === 'answers' ? this.#reserve / 2 : this.#reserve;
    return bavail * bsize - owed + free >= reserve + COPIES * bytes;
  }

  /** Gives some pages back to the disk. Returns whether there are more to give back. */
  shrink(): boolean {
    this.space();
    if (this.#freePages() <= KEPT_PAGES + PAGES_AT_ONCE) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
    return true;
  }

  space(): Space {
    const file = this.#fileBytes();
    this.#highWater = Math.max(this.#highWater, file);
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    const free = this.#freePages() * this.#pageBytes;
    return { file, free, highWater: this.#highWater, diskFree: bavail * bsize };
  }

  #fileBytes(): number {
    return numberOf(this.#db, 'page_count') * this.#pageBytes;
  }

  #freePages(): number {
    return numberOf(this.#db, 'freelist_count');
  }
}
