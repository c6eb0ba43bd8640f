import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Another run keeps its state there, and is alive. */
export class DataDirTaken extends Error {
  override readonly name = 'DataDirTaken';
}

/** Says that this process keeps its state in `folder`, until disposed. Throws DataDirTaken when another one does. */
export async function claimDataDir(folder: string): Promise<AsyncDisposable & { path: string }> {
  const path = resolve(folder);
  // What is kept of pods has their Secrets in it.
  await mkdir(path, { recursive: true, mode: 0o700 });
  const claim = join(path, 'run.pid');
  const other = Number(await readFile(claim, 'utf8').catch(() => ''));
  if (await isRun(other)) throw new DataDirTaken(`${path} is in use by another run (process ${other})`);
  await writeFile(claim, `${process.pid}\n`);
  return { path, [Symbol.asyncDispose]: () => rm(claim, { force: true }) };
}

/** A process id alone says little: a run that was killed leaves its own behind, for anyone to get. */
async function isRun(pid: number): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  const [ours, theirs] = await Promise.all([process.pid, pid].map(program));
  return theirs !== '' && ours === theirs;
}

/** How a process was started; empty when there is none. */
function program(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
