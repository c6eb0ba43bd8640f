/** One run of a container as a process that outlives the pod runner. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type RunFiles, type RunRecord, recordedExit, writeRecord } from './container-files.ts';
import { type Launch, StartError } from './launch-plan.ts';
import { childrenOf, commandLine, processIds, startTicks } from './proc.ts';

/**
 * Stands between the pod runner and the program, so that the exit code is written down also when nobody waits for it.
 * It lets signals pass by (they are sent to the program itself) and costs about a millisecond. Its own standard error
 * is closed to keep the shell's remarks about killed children out of the container's log.
 */
const RECORDER =
  'trap : TERM INT HUP; e=$1; shift; exec 3>&2 2>/dev/null; (exec "$@" 2>&3 3>&-); c=$?; echo $c >"$e"; exit $c';

/** How often an adopted process is looked at: only its parent would be told of its end. */
const ADOPTED_POLL_MS = 100;
const SIGNAL_RETRY_MS = 5;
const SIGNAL_RETRIES = 100;

interface Exit {
  /** 128 + n after signal n. */
  code: number;
  atMs: number;
  /** False when nobody was there to see the code; it is 137 then. */
  known: boolean;
}

export class ContainerProcess {
  readonly record: RunRecord;
  readonly exited: Promise<Exit>;
  #gone = false;

  private constructor(record: RunRecord, exited: Promise<Exit>) {
    this.record = record;
    this.exited = exited.then((exit) => {
      this.#gone = true;
      sweep(record.pid);
      return exit;
    });
  }

  /** Throws a StartError when the program cannot be started. */
  static start({ command, env, cwd }: Launch, files: RunFiles): ContainerProcess {
    const log = openSync(files.log, 'a');
    try {
      const [program, variables] = withOddNames(command, env);
      const child = spawn('/bin/sh', ['-c', RECORDER, 'sh', files.exit, ...program], {
        cwd,
        env: variables,
        detached: true,
        stdio: ['ignore', log, log],
      });
      const exited = new Promise<Exit>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) =>
          resolve({ code: code ?? signalCode(signal), atMs: Date.now(), known: true }),
        );
      });
      if (child.pid === undefined) throw new StartError('the process could not be started');
      child.unref();
      const record = { pid: child.pid, startTicks: startTicks(child.pid) ?? '', startedAtMs: Date.now() };
      writeRecord(files, record);
      return new ContainerProcess(record, exited);
    } catch (cause) {
      throw cause instanceof Error && 'code' in cause && cause.code === 'E2BIG' ? tooLarge(cause) : cause;
    } finally {
      closeSync(log);
    }
  }

  /** Takes over a run that an earlier pod runner started, alive or not. */
  static adopt(record: RunRecord, files: RunFiles): ContainerProcess {
    return new ContainerProcess(record, pollExit(record, files));
  }

  /** To the program, not to what it started. */
  signal(name: 'SIGTERM' | 'SIGKILL', retries = SIGNAL_RETRIES): void {
    if (this.#gone) return;
    const [program] = childrenOf(this.record.pid);
    if (program !== undefined && !isRecorder(program)) {
      sendTo(program, name);
    } else if (retries > 0 && isAlive(this.record)) {
      // In its first or last millisecond: the program has not taken its place yet, or has left it.
      setTimeout(() => this.signal(name, retries - 1), SIGNAL_RETRY_MS);
    } else {
      sendTo(-this.record.pid, name);
    }
  }

  /** Ends the program and everything it started, without asking. */
  kill(): void {
    if (!this.#gone && isAlive(this.record)) sendTo(-this.record.pid, 'SIGKILL');
  }
}

/** Just forked and not yet the program: signals would be taken for the recorder's and pass by. */
function isRecorder(pid: number): boolean {
  return commandLine(pid).includes(RECORDER);
}

function tooLarge(cause: Error): StartError {
  const message =
    'failed to start container process: argument list too long: one NAME=value or argument may have 131071 bytes';
  return new StartError(message, { cause });
}

/** The process of a record, or what is left of its group, gone for good: for pods that exist no more. */
export function killRecorded(record: RunRecord): void {
  if (isAlive(record)) sendTo(-record.pid, 'SIGKILL');
}

/** All runs that are alive on this machine, by the file in which each will leave its exit code. */
export function recorders(): Map<string, RunRecord> {
  const found = new Map<string, RunRecord>();
  for (const pid of processIds()) {
    const [, , script, , exit] = commandLine(pid).split('\0');
    const ticks = script === RECORDER ? startTicks(pid) : undefined;
    // A fork that is not yet the program looks the same: the older of the two is the recorder.
    if (ticks === undefined || exit === undefined || found.has(exit)) continue;
    found.set(exit, { pid, startTicks: ticks, startedAtMs: Date.now() });
  }
  return found;
}

function isAlive(record: RunRecord): boolean {
  const ticks = startTicks(record.pid);
  return ticks !== undefined && (record.startTicks === '' || ticks === record.startTicks);
}

async function pollExit(record: RunRecord, files: RunFiles): Promise<Exit> {
  while (isAlive(record)) await new Promise((resolve) => setTimeout(resolve, ADOPTED_POLL_MS));
  const code = recordedExit(files);
  return { code: code ?? 137, atMs: Date.now(), known: code !== undefined };
}

/** What the program started and left behind goes with it. */
function sweep(group: number): void {
  sendTo(-group, 'SIGKILL');
}

function sendTo(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

function signalCode(signal: NodeJS.Signals | null): number {
  const numbers: { [name: string]: number } = { SIGKILL: 9, SIGTERM: 15, SIGINT: 2, SIGHUP: 1 };
  return 128 + (numbers[signal ?? ''] ?? 9);
}

/** A shell passes on only names that it could itself use; any other one goes through env(1). */
function withOddNames(
  command: readonly string[],
  env: ReadonlyMap<string, string>,
): [readonly string[], { [name: string]: string }] {
  const odd = [...env].filter(([name]) => !/^[A-Za-z_]\w*$/.test(name));
  const plain = [...env].filter(([name]) => /^[A-Za-z_]\w*$/.test(name));
  const prefix = odd.length === 0 ? [] : ['/usr/bin/env', ...odd.map(([name, value]) => `${name}=${value}`)];
  return [[...prefix, ...command], Object.fromEntries(plain)];
}
