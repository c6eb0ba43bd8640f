import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { guarded, unguarded } from './guard.ts';

/** A program to keep running. */
export interface Program {
  name: string;
  command: readonly [string, ...string[]];
  /** The whole environment: nothing of ours leaks into it. */
  env: Readonly<Record<string, string>>;
  /** Its standard output and error are appended there. */
  logFile: string;
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
/** A run that lasted this long was a good one: the next restart comes at once. */
const STEADY_MS = 10_000;

/**
 * Keeps one program running, as a Deployment would: after an exit it starts again, later each time it fails early.
 * It does not outlive us, however we end.
 */
export class Supervised implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  readonly #program: Program;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #child: ChildProcess | undefined;
  #restarts = 0;

  /** `onExit` hears of each exit that nobody asked for, before the restart. */
  constructor(program: Program, onExit: (exit: Exit) => void = () => {}) {
    this.name = program.name;
    this.logFile = program.logFile;
    this.#program = program;
    this.#loop = this.#run(onExit);
  }

  /** Undefined between two runs. */
  get pid(): number | undefined {
    return this.#child?.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  /** How often it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Sends `signal` to the present run and waits for its end; the next run starts by itself. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.pid === undefined) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Ends it for good: SIGTERM, then SIGKILL after `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stop.abort();
    const child = this.#child;
    if (child !== undefined && this.pid !== undefined) {
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      clearTimeout(late);
    }
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(onExit: (exit: Exit) => void): Promise<void> {
    for (let early = 0; !this.#stop.signal.aborted; this.#restarts++) {
      const startedAt = performance.now();
      const exit = await this.#once();
      if (this.#stop.signal.aborted) return;
      onExit(exit);
      early = performance.now() - startedAt > STEADY_MS ? 0 : early + 1;
      const waitMs = early <= 1 ? 0 : Math.min(FIRST_RESTART_MS * 2 ** (early - 2), LONGEST_RESTART_MS);
      await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #once(): Promise<Exit> {
    const { command, env, logFile } = this.#program;
    const log = openSync(logFile, 'a');
    // A process group of its own: Ctrl-C in a terminal reaches us alone, and we stop things in order.
    const child = spawn(command[0], command.slice(1), { env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.#child = child;
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    if (child.pid !== undefined) guarded(`pid ${child.pid}`);
    const [code, signal] = await exited;
    if (child.pid !== undefined) unguarded(`pid ${child.pid}`);
    return { code, signal };
  }
}
