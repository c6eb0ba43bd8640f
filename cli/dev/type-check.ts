import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { typeLines } from './type-lines.ts';

interface TypeCheckOptions {
  folder: string;
  /** File that the compiler keeps what it knows in. */
  buildInfo: string;
  env: Readonly<Record<string, string>>;
  say: (line: string) => void;
}

/** Behind the build and the functions: a save is answered first. */
const LOW_PRIORITY = 15;

/** The folder's own TypeScript beside the functions: what it finds is told, and is in nobody's way. */
export class TypeCheck implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Undefined where the folder has no TypeScript of its own, or no tsconfig.json. */
  static start({ folder, buildInfo, env, say }: TypeCheckOptions): TypeCheck | undefined {
    const compiler = compilerOf(folder);
    if (compiler === undefined || !existsSync(join(folder, 'tsconfig.json'))) return undefined;
    const flags = ['--noEmit', '--incremental', '--tsBuildInfoFile', buildInfo, '--preserveWatchOutput', '--watch'];
    const child = spawn(process.execPath, [compiler, ...flags, '--pretty', 'false', '-p', folder], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.on('error', () => undefined);
    if (child.pid !== undefined) lower(child.pid);
    const shown = typeLines();
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const text = shown(line);
      if (text !== undefined) say(text);
    });
    return new TypeCheck(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
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
