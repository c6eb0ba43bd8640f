/** What /proc tells of a process. */
import { readdirSync, readFileSync } from 'node:fs';

/** Start time in clock ticks since boot; undefined when there is no such process, or only its remains. */
export function startTicks(pid: number): string | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Of the text of `/proc/<pid>/stat`. Pure. */
export function parseStat(text: string): string | undefined {
  // The program's name, in parentheses, may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

/** Direct children, oldest first. */
export function childrenOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

/** Program and arguments, each ended by a NUL; empty when there is no such process. */
export function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`) ?? '';
}

/** What `/proc/<pid>/status` says; undefined when there is no such process. */
export function statusFile(pid: number): string | undefined {
  return read(`/proc/${pid}/status`);
}

/** A variable that the process was started with; undefined: it had none of that name, or is gone. */
export function startedWith(pid: number, variable: string): string | undefined {
  const text = read(`/proc/${pid}/environ`) ?? '';
  const entry = text.split('\0').find((one) => one.startsWith(`${variable}=`));
  return entry?.slice(variable.length + 1);
}

/** All processes, the lowest number first. */
export function processIds(): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).toSorted((a, b) => a - b);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // gone between two looks
  }
}
