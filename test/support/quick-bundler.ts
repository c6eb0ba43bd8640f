/** A bundler for thousands of functions: one process for all, where the product takes one for each compile. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class QuickBundler implements AsyncDisposable {
  /** What CATNAP_BUNDLER_FOLDER is to be. */
  readonly folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string) {
    this.folder = folder;
    const program = join(import.meta.dirname, 'quick-bundler-process.ts');
    this.#process = spawn(process.execPath, [program, folder], { stdio: 'inherit' });
  }

  static async start(): Promise<QuickBundler> {
    const folder = await mkdtemp(join(tmpdir(), 'catnap-quick-bundler-'));
    execFileSync('mkfifo', [join(folder, 'jobs')]);
    return new QuickBundler(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    await rm(this.folder, { recursive: true, force: true });
  }
}
