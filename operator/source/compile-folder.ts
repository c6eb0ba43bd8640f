import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '#platform/time/deadline.ts';
import type { SourceFiles } from '../function/revision.ts';
import { type CompileLimits, type Outcome, outcomeOf } from './compile-outcome.ts';
import type { WantedHandler } from './exported-handler.ts';

/** What a compile is of. */
export interface CompileJob {
  source: SourceFiles;
  handler: WantedHandler;
}

export interface CompileBounds {
  /** Processor time of each of its processes, in whole seconds. */
  cpuSeconds: number;
  /** Ends it; it rejects then. */
  signal: AbortSignal;
}

/** Compiles; rejects when that cannot be tried at present. */
export type Compile = (job: CompileJob, bounds: CompileBounds) => Promise<Outcome>;

interface CompileFolderOptions {
  /** Shared with the bundler alone. */
  folder: string;
  /** Tells the bundler of a job, in one line. Rejects when it does not listen. */
  tell: (line: string) => Promise<void>;
  limits: CompileLimits;
}

/** How often it is looked whether a compile has ended, in milliseconds. */
const LOOK_EVERY_MS = 15;
/** How much longer than its limit a compile is waited for, in milliseconds. */
const PATIENCE_MS = 10_000;
const END_MAX_BYTES = 1_024;
const OUTPUT_MAX_BYTES = 16 * 1024 * 1024;
const PARTS = ['job', 'out', 'err', 'times', 'end'];

/**
 * Hands a job to the bundler as a file and takes the result as one. The bundler is not trusted: of what it leaves
 * behind, only plain files of a bounded size are read, no links.
 */
export async function compileInFolder(
  job: CompileJob,
  { folder, tell, limits }: CompileFolderOptions,
  { cpuSeconds, signal }: CompileBounds,
): Promise<Outcome> {
  const name = randomBytes(16).toString('hex');
  const path = (part: string) => join(folder, `${name}.${part}`);
  try {
    // Not over a file that is there, nor through a link.
    await writeFile(path('job'), JSON.stringify(job), { flag: 'wx', mode: 0o640 });
    const startedMs = performance.now();
    await tell(`${name} ${cpuSeconds}`);
    const until = startedMs + limits.wallSeconds * 1000 + PATIENCE_MS;
    while (!(await isThere(path('end')))) {
      // One that starts anew begins with an empty folder.
      if (!(await isThere(path('job')))) throw new Error('the bundler was started anew');
      if (performance.now() > until) throw new Error('the bundler does not answer');
      await pause(LOOK_EVERY_MS, signal);
      signal.throwIfAborted();
    }
    const tookMs = performance.now() - startedMs;
    const end = await boundedText(path('end'), END_MAX_BYTES);
    return outcomeOf(
      { end, output: await boundedText(path('out'), OUTPUT_MAX_BYTES), tookMs },
      { ...limits, cpuSeconds },
    );
  } finally {
    await Promise.all(PARTS.map((part) => rm(path(part), { recursive: true, force: true })));
  }
}

/** Tells by the pipe that the bundler made in the folder. */
export async function tellByPipe(folder: string, line: string): Promise<void> {
  // Fails where the reader is gone.
  const pipe = await open(join(folder, 'jobs'), constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    if (!(await pipe.stat()).isFIFO()) throw new Error('what the bundler listens to is no pipe');
    await pipe.write(`${line}\n`);
  } finally {
    await pipe.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Empty where there is no plain file of at most `maxBytes`. */
async function boundedText(path: string, maxBytes: number): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > maxBytes) return '';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
