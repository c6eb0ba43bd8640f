import { type ChildProcess, execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A proxy has a processor of its own; what it leads to and what asks it share another one. */
export type Side = 'proxy' | 'rest';

const [proxy, rest] = allowed();
/** Whether each side has a processor of its own; false where there is only one, or no `taskset`. */
export const pinned = proxy !== undefined && rest !== undefined && installed('taskset', '--version');

/** Starts a program on a side's processor, where its threads and children stay, or on any. */
export function startOn(side: Side | 'any', command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [file = '', ...args] = onSide(side, command);
  return spawn(file, args, { stdio: 'inherit', ...options });
}

/** Runs a program on a side's processor to its end; resolves with what it printed. */
export async function runOn(side: Side, command: readonly string[]): Promise<string> {
  const [file = '', ...args] = onSide(side, command);
  return (await promisify(execFile)(file, args, { maxBuffer: 64 << 20 })).stdout;
}

/** Ends a program and waits until it has ended. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Whether a program is there; `ask` makes it end at once, whatever its exit code. */
export function installed(program: string, ask: string): boolean {
  try {
    execFileSync(program, [ask], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** The command that runs `command` on a side's processor, or on any. */
export function onSide(side: Side | 'any', command: readonly string[]): readonly string[] {
  return pinned && side !== 'any' ? ['taskset', '-c', String(side === 'proxy' ? proxy : rest), ...command] : command;
}

/** Processors that this process may use; none where the system does not say. */
function allowed(): number[] {
  try {
    return processorList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '');
  } catch {
    return []; // no Linux
  }
}

/** `0-2,5` → 0, 1, 2, 5. */
export function processorList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Number.isNaN(first) || range === '' ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
