import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';

interface TypeCheckOptions {
  folder: string;
  /** File that the compiler keeps what it knows in. */
  buildInfo: string;
  env: Readonly<Record<string, string>>;
  say: (text: string, isBad: boolean) => void;
}

/** Behind the build and the functions: a save is answered first. */
const LOW_PRIORITY = 15;
const AFTER_MS = 300;
const LINES_SHOWN = 20;

/** The folder's own TypeScript beside the functions: what it finds is told, and holds up neither saves nor functions. */
export class TypeCheck implements AsyncDisposable {
  readonly #options: TypeCheckOptions;
  readonly #compiler: string | undefined;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #mistakes = '';

  /** Checks nothing where the folder has no TypeScript of its own, or no tsconfig.json. */
  constructor(options: TypeCheckOptions) {
    this.#options = options;
    const { folder } = options;
    this.#compiler = existsSync(join(folder, 'tsconfig.json')) ? compilerOf(folder) : undefined;
  }

  /** Checks all of it soon; what is under way is of files as they were, and ends. */
  again(): void {
    if (this.#compiler === undefined) return;
    const compiler = this.#compiler;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(compiler), AFTER_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#end();
  }

  async #run(compiler: string): Promise<void> {
    await this.#end();
    const { folder, buildInfo, env } = this.#options;
    const flags = ['--noEmit', '--incremental', '--tsBuildInfoFile', buildInfo, '--pretty', 'false', '-p', folder];
    const child = spawn(process.execPath, [compiler, ...flags], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.on('error', () => undefined);
    if (child.pid !== undefined) lower(child.pid);
    const ended = once(child, 'close').catch(() => undefined);
    const text = (await buffer(child.stdout).catch(() => Buffer.alloc(0))).toString().trim();
    await ended;
    if (child.exitCode !== null && this.#child === child) this.#tell(text);
  }

  /** What was told before is not told again. */
  #tell(mistakes: string): void {
    if (mistakes === this.#mistakes) return;
    this.#mistakes = mistakes;
    const lines = mistakes.split('\n');
    const more = lines.length - LINES_SHOWN;
    const shown = [...lines.slice(0, LINES_SHOWN), ...(more > 0 ? [`and ${more} more lines`] : [])].join('\n');
    this.#options.say(mistakes === '' ? 'no mistakes any more' : shown, mistakes !== '');
  }

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

function compilerOf(folder: string): string | undefined {
  try {
    const manifest = createRequire(join(folder, 'package.json')).resolve('typescript/package.json');
    const compiler = join(dirname(manifest), 'bin', 'tsc');
    return existsSync(compiler) ? compiler : undefined;
  } catch {
    return undefined;
  }
}

function lower(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // It has ended already.
  }
}
