import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CompileBounds, CompileJob } from './compile-folder.ts';
import { type CompileLimits, type Outcome, outcomeOf } from './compile-outcome.ts';
import { type OwnBundlerOptions, serveScript } from './own-bundler.ts';

interface AheadOptions extends OwnBundlerOptions {
  /** Compiles what a process that was started ahead may not: what takes longer than a first try, and the first of all. */
  otherwise: (job: CompileJob, bounds: CompileBounds) => Promise<Outcome>;
}

/** Processor time of a first try, which is all that one started ahead has, in seconds. */
const CPU_SECONDS = 1;
/** After a compile the pod that it is for starts first. In milliseconds. */
const NEXT_AFTER_MS = 400;
const OUTPUT_MAX_BYTES = 16 * 1024 * 1024;

/**
 * The bundler with a process that has started before it is needed: of a small function's compile that is most of the time. It
 * takes one job, under the same limits as any, and ends; the next one is started after it. None waits until the first compile
 * is over. For a machine on which each change is waited for: it takes the memory of one more process.
 */
export class AheadBundler implements AsyncDisposable {
  readonly #options: AheadOptions;
  #spare: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: AheadOptions) {
    this.#options = options;
  }

  /** Whether one was started and waits for a job. */
  get isWaiting(): boolean {
    return this.#spare?.pid !== undefined;
  }

  async compile(job: CompileJob, bounds: CompileBounds): Promise<Outcome> {
    bounds.signal.throwIfAborted();
    const child = this.#spare;
    clearTimeout(this.#timer);
    try {
      const isShort = bounds.cpuSeconds <= CPU_SECONDS && this.#options.limits.cpuSeconds > CPU_SECONDS;
      if (child === undefined || !isShort) return await this.#options.otherwise(job, bounds);
      this.#spare = undefined;
      return await run(child, job, this.#options.limits, bounds.signal);
    } finally {
      this.#arm();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const child = this.#spare;
    if (child === undefined || hasEnded(child)) return;
    const exited = once(child, 'exit');
    end(child);
    await exited;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#spare !== undefined) return;
    this.#timer = setTimeout(() => {
      try {
        this.#start();
      } catch {
        // The system has none at present, such as for want of memory: it is tried again after the next compile.
      }
    }, NEXT_AFTER_MS);
    this.#timer.unref();
  }

  #start(): void {
    const { program, memoryMib, path } = this.#options;
    const child = spawn('/bin/sh', [serveScript(program), '/', process.execPath, program], {
      cwd: '/',
      env: {
        PATH: path,
        CATNAP_BUNDLER_ONE: String(CPU_SECONDS),
        CATNAP_BUNDLER_MEMORY_KIB: String(memoryMib * 1024),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
      // Of a process group of its own: all of it ends at once. Where the operator ends without a word, its input does.
      detached: true,
    });
    const gone = () => {
      if (this.#spare === child) this.#spare = undefined;
    };
    child.on('error', gone);
    child.on('exit', gone);
    child.stdin?.on('error', () => undefined);
    this.#spare = child;
  }
}

/** Gives it the job, and takes what it says until it ends. */
async function run(child: ChildProcess, job: CompileJob, limits: CompileLimits, signal: AbortSignal): Promise<Outcome> {
  const startedMs = performance.now();
  const late = setTimeout(() => end(child), limits.wallSeconds * 1000);
  const cancel = () => end(child);
  signal.addEventListener('abort', cancel);
  try {
    const output = outputOf(child);
    child.stdin?.end(JSON.stringify(job));
    const text = await output;
    if (!hasEnded(child)) await once(child, 'exit');
    signal.throwIfAborted();
    const tookMs = performance.now() - startedMs;
    const outcome = outcomeOf({ end: `${child.exitCode}`, output: text, tookMs }, limits);
    // Which limit it met is for a longer try to find out.
    return outcome.kind === 'ended' ? { kind: 'ended', by: 'cpu' } : outcome;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', cancel);
    end(child);
  }
}

async function outputOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of child.stdout ?? []) {
    length += (chunk as Buffer).length;
    if (length > OUTPUT_MAX_BYTES) return '';
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** With the native program that it has started. */
function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
