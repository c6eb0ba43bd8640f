import { readdirSync, readFileSync } from 'node:fs';

export interface Descendant {
  pid: number;
  /** Its command line. */
  command: string;
}

/** What a process has started, and what that has started in turn. */
export function descendants(of: number): Descendant[] {
  const parents = new Map(pids().map((pid) => [pid, parentOf(pid)]));
  const below = (pid: number): number[] => {
    const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
    return children.flatMap((child) => [child, ...below(child)]);
  };
  return below(of).map((pid) => ({ pid, command: commandOf(pid) }));
}

/** Command lines of what the pod runner has running of functions, and of spares for them: all but Catnap's own pods. */
export function podProcesses(podRunner: number): string[] {
  return pids()
    .filter((pid) => parentOf(pid) === podRunner)
    .map(commandOf)
    .filter((command) => !/\/((operator|activator|dispatcher|log-keeper)\.mjs|bundler\.sh)/.test(command));
}

/** Pids of the pods' processes that run `file`, without the shell that prepares them. */
export function podsRunning(podRunner: number, file: string): number[] {
  const found = descendants(podRunner).filter(({ command }) => command.includes(file) && !command.includes('/bin/sh'));
  return found.map(({ pid }) => pid);
}

/** Pids of the shells that wait for something to compile, beside operators. */
export function bundlersRunning(podRunner: number): number[] {
  return descendants(podRunner)
    .filter(({ command }) => /^\/bin\/sh \S+\/bundler\.sh /.test(command))
    .map(({ pid }) => pid);
}

/**
 * Proportional set size, MiB: memory of its own, and its share of what it has in common with other processes. Throws
 * when there is no such process.
 */
export function pssMib(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** 0 of a process that has ended. */
function parentOf(pid: number): number {
  // The second field is the program's name in brackets, which may hold anything.
  return Number(fileOf(pid, 'stat').split(') ').at(-1)?.split(' ')[1] ?? 0);
}

function commandOf(pid: number): string {
  return fileOf(pid, 'cmdline').replaceAll('\0', ' ');
}

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return ''; // it ended between the listing and the reading
  }
}

/** The system's clock ticks per second, as /proc counts them: 100 on every Linux. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process and what it has started have taken, in themselves and in the system's calls, seconds. */
export function processorSeconds(of: number): number {
  const all = [of, ...descendants(of).map(({ pid }) => pid)];
  return all.reduce((sum, pid) => sum + ownProcessorSeconds(pid), 0);
}

/** 0 of a process that has ended. */
function ownProcessorSeconds(pid: number): number {
  const fields = fileOf(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}
