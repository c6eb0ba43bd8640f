/** What processes ask of the system while they run, by strace. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Enough of what is written that a page of the log is seen as a whole. */
const BYTES = 5_000;
const CALLS = 'trace=pwrite64,fdatasync,fsync,write,writev,sendmsg,sendto';
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

export function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
}

/** All threads of some processes, in one file: what one of them caused in another stands after it. */
export class Trace {
  readonly #strace: ChildProcess;

  private constructor(strace: ChildProcess) {
    this.#strace = strace;
  }

  /** Resolves once it sees them. */
  static async of(pids: readonly number[], file: string): Promise<Trace> {
    const which = pids.flatMap((pid) => ['-p', String(pid)]);
    const args = ['-f', '-y', '-s', String(BYTES), '-e', CALLS, '-o', file, ...which];
    const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const seen = new Set<number>();
    for await (const line of createInterface(strace.stderr)) {
      const pid = Number(/Process (\d+) attached/.exec(line)?.[1]);
      if (pids.includes(pid)) seen.add(pid);
      if (seen.size === pids.length) return new Trace(strace);
    }
    throw new Error('strace does not see them');
  }

  /** Lets them go on alone; the file is whole then. */
  async end(): Promise<void> {
    const ended = once(this.#strace, 'exit');
    this.#strace.kill('SIGINT');
    await ended;
  }
}

/**
 * Ids in answers 202, and which of these were written before a sync of the store's log that had begun after the id was in it had ended.
 * @param trace as strace prints it
 */
export function acceptedIn(trace: string): { answered: string[]; early: string[] } {
  const log = new SyncedLog();
  const answered: string[] = [];
  const early: string[] = [];
  for (const line of trace.split('\n')) {
    log.see(line);
    const id = /HTTP\/1\.1 202 .*invocations\/([0-9a-f-]{36})/.exec(line)?.[1];
    if (id === undefined) continue;
    answered.push(id);
    if (!log.covers(id)) early.push(id);
  }
  return { answered, early };
}

/** Which ids in the store's log the disk has. */
class SyncedLog {
  readonly #known = new Set<string>();
  readonly #covered = new Set<string>();
  readonly #written: string[] = [];
  #syncing: string[] = [];

  covers(id: string): boolean {
    return this.#covered.has(id);
  }

  see(line: string): void {
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) this.#write(line.match(ID) ?? []);
    if (/f(?:data)?sync\(\d+<[^>]*-wal>/.test(line)) this.#syncing = this.#written.splice(0);
    // The end of a call that another thread interrupted in the trace stands in a line of its own.
    if (!/f(?:data)?sync(?:\(\d+<[^>]*-wal>\)| resumed>.*)\s*= 0/.test(line)) return;
    for (const id of this.#syncing.splice(0)) this.#covered.add(id);
  }

  #write(ids: readonly string[]): void {
    for (const id of ids) {
      if (!this.#known.has(id)) this.#written.push(id);
      this.#known.add(id);
    }
  }
}
