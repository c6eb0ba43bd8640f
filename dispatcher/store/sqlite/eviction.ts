import type { Endings } from './endings.ts';
import type { Ledger, LedgerFunction } from './ledger.ts';
import type { Row, Statements } from './statements.ts';

/** What room is wanted for. Of the reserve that new entries leave, answers leave a part, for what ends entries writes too. */
export type RoomFor = 'new entries' | 'answers';
/** Whether the disk has room for so many bytes; they are negative where it lacks room that others may give up. */
export type HasRoom = (bytes: number, what: RoomFor) => boolean;

interface EvictionParts {
  ledger: Ledger;
  statements: Statements;
  endings: Endings;
  hasRoom: HasRoom;
}

/** Forgotten before it is looked again who keeps the most. */
const AT_ONCE = 16;
/** In one operation: some hundred milliseconds at the worst. Beyond it the operation is refused, and nothing is forgotten. */
const MOST = 10_000;
/** At which a disk has the bytes of new entries twice for a while: in the log too. */
const COPIES = 2;

/**
 * Makes room on a full disk by what has ended. The namespace that keeps the most of it gives way (longest queue drop), and of
 * that its function that does: one that fills the disk does not keep others from having work accepted, or their answers kept.
 */
export class Eviction {
  readonly #parts: EvictionParts;

  constructor(parts: EvictionParts) {
    this.#parts = parts;
  }

  /** Whether there is room for so many bytes then. Where there would be none, nothing is forgotten. */
  makeRoom(bytes: number, what: RoomFor): boolean {
    const { ledger, hasRoom } = this.#parts;
    if (hasRoom(bytes, what)) return true;
    if (!hasRoom(bytes - ledger.endedBytes / COPIES, what)) return false;
    for (let forgotten = 0; forgotten < MOST; forgotten += AT_ONCE) {
      const f = ledger.keepsMost();
      if (f === undefined) break;
      for (let left = AT_ONCE; left > 0 && f.done + f.cancelled + f.buried > 0; left -= 1) {
        this.#forgetOne(f);
        if (hasRoom(bytes, what)) return true;
      }
    }
    return false;
  }

  /** The one that would be forgotten next; those that were given up last of all. */
  #forgetOne({ fn, done, cancelled }: LedgerFunction): void {
    const isBuried = done + cancelled === 0;
    this.#parts.endings.remove(this.#parts.statements.oldestEnded.get(fn, isBuried ? 1 : 0) as unknown as Row);
  }
}
