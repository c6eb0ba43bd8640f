/** Where a container's runs leave their traces on disk. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A run of a container; attempt 0 is the first one, so the attempt is the restart count. */
export interface RunFiles {
  log: string;
  /** Times at which the log had grown to a size. */
  index: string;
  /** Exit code, written by the process's own parent. */
  exit: string;
  record: string;
}

/** What identifies a process beyond a restart of the pod runner: pids are reused, pids with their start time are not. */
export interface RunRecord {
  pid: number;
  /** Start time in clock ticks since boot. */
  startTicks: string;
  /** Milliseconds since the epoch. */
  startedAtMs: number;
}

export function runFiles(containerDir: string, attempt: number): RunFiles {
  const base = join(containerDir, String(attempt));
  return { log: `${base}.log`, index: `${base}.index`, exit: `${base}.exit`, record: `${base}.json` };
}

/** Of all runs, only the latest two are kept. */
export function removeRun(containerDir: string, attempt: number): void {
  for (const file of Object.values(runFiles(containerDir, attempt))) rmSync(file, { force: true });
}

export function makeContainerDir(podDir: string, container: string): string {
  const dir = join(podDir, 'containers', container);
  mkdirSync(dir, { recursive: true });
  return dir;
}

export function writeRecord(files: RunFiles, record: RunRecord): void {
  writeFileSync(files.record, JSON.stringify(record));
}

/** The newest run there is a record of. */
export function latestRun(containerDir: string): { attempt: number; record: RunRecord } | undefined {
  const attempts = namesIn(containerDir).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
  const attempt = Math.max(-1, ...attempts.map(Number));
  const text = attempt < 0 ? undefined : textOf(runFiles(containerDir, attempt).record);
  return text === undefined ? undefined : { attempt, record: JSON.parse(text) as RunRecord };
}

/** The exit code that was recorded; undefined while there is none. */
export function recordedExit(files: RunFiles): number | undefined {
  const text = textOf(files.exit)?.trim();
  return text === undefined || text === '' ? undefined : Number(text);
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
