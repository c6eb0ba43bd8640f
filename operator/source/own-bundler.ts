import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CompileBounds, type CompileJob, compileInFolder } from './compile-folder.ts';
import type { CompileLimits, Outcome } from './compile-outcome.ts';

export interface OwnBundlerOptions {
  /** Compiles one function: bundler.mjs, or bundler/main.ts, which runs without a bound on Node's own memory. */
  program: string;
  limits: CompileLimits;
  /** Of a compile, in MiB. */
  memoryMib: number;
  /** Where programs are found. */
  path: string;
}

/** The bundler as a process of the operator's, under the limits that its container has in a cluster. Started when needed. */
export class OwnBundler implements AsyncDisposable {
  readonly #options: OwnBundlerOptions;
  #started: Promise<{ child: ChildProcess; folder: string }> | undefined;

  #child: ChildProcess | undefined;

  constructor(options: OwnBundlerOptions) {
    this.#options = options;
  }

  /** Of the process that waits; undefined: it is not there. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async compile(job: CompileJob, bounds: CompileBounds): Promise<Outcome> {
    this.#started ??= this.#start();
    const { child, folder } = await this.#started;
    const tell = async (line: string) => {
      if (!child.stdin?.writable) throw new Error('the bundler has ended');
      child.stdin.write(`${line}\n`);
    };
    return compileInFolder(job, { folder, tell, limits: this.#options.limits }, bounds);
  }

  async #start(): Promise<{ child: ChildProcess; folder: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'catnap-bundler-'));
    const { program, limits, memoryMib, path } = this.#options;
    const child = spawn('/bin/sh', [serveScript(program), folder, process.execPath, program], {
      cwd: folder,
      env: {
        PATH: path,
        CATNAP_BUNDLER_STDIN: '1',
        CATNAP_BUNDLER_CPU_SECONDS: String(limits.cpuSeconds),
        CATNAP_BUNDLER_WALL_SECONDS: String(limits.wallSeconds),
        CATNAP_BUNDLER_MEMORY_KIB: String(memoryMib * 1024),
      },
      stdio: ['pipe', 'ignore', 'inherit'],
      // Of a process group of its own: all of it ends at once. When the operator ends without a word, its input does.
      detached: true,
    });
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.once('exit', () => {
      this.#started = undefined;
      this.#child = undefined;
      void rm(folder, { recursive: true, force: true });
    });
    await once(child, 'spawn').catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return { child, folder };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const started = await this.#started?.catch(() => undefined);
    if (started === undefined) return;
    const { child, folder } = started;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      process.kill(-child.pid, 'SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

/** Beside the program. */
export function serveScript(program: string): string {
  return join(dirname(program), program.endsWith('.ts') ? 'serve.sh' : 'bundler.sh');
}
