import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CATNAP } from './catnap.ts';
import { eventually } from './eventually.ts';
import { inherited } from './settings.ts';

/** Folders that a test writes in; removed when disposed. */
export class Folders implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<Folders> {
    return new Folders(await mkdtemp(join(tmpdir(), 'catnap-folders-')));
  }

  /** Writes files by their paths. */
  async write(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.path, path)), { recursive: true });
      await writeFile(join(this.path, path), text);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** `catnap dev` as a process. */
export class DevProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => {
        this.#output += data.toString();
      });
  }

  /**
   * @param args after `catnap dev`
   * @param command what `catnap` is
   */
  static start(cwd: string, args: readonly string[], command: readonly string[] = CATNAP): DevProcess {
    const env = { PATH: inherited.PATH, HOME: cwd };
    const [node = '', ...main] = command;
    return new DevProcess(spawn(node, [...main, 'dev', ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  /** What `pattern` finds in its output, from `offset` on. Fails with the output. */
  async says(pattern: RegExp, offset = 0): Promise<RegExpExecArray> {
    return await eventually(
      `it says ${pattern}`,
      () => pattern.exec(this.#output.slice(offset)) ?? undefined,
      60_000,
    ).catch((cause) => {
      throw new Error(`${cause.message}; it says\n${this.#output}`);
    });
  }

  /** `http://127.0.0.1:8080` of the local cluster. */
  async gateway(): Promise<string> {
    return (await this.says(/^gateway +(\S+)$/m))[1] as string;
  }

  /** Folder of the local cluster's state. */
  async stateFolder(): Promise<string> {
    return dirname((await this.says(/^kubeconfig +(\S+)$/m))[1] as string);
  }

  async call(name: string, path = '/'): Promise<{ status: number; text: string }> {
    return await ask(await this.gateway(), name, path);
  }

  /** Waits until the function answers so. */
  async answers(name: string, text: string): Promise<void> {
    await eventually(`${name} answers ${text}`, async () => (await this.call(name)).text === text, 60_000).catch(
      (cause) => {
        throw new Error(`${cause.message}; it says\n${this.#output}`);
      },
    );
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** As Ctrl-C does. Returns its exit code. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return await this.ended();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a terminal that is closed does: what it prints is not read any more. */
  stopReading(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  async ended(): Promise<number | null> {
    if (!this.hasEnded) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) await this.interrupt();
  }
}

/** One request to a function in the namespace default, by the gateway at `url`. Status 0: it failed, with why as its text. */
export function ask(url: string, name: string, path = '/'): Promise<{ status: number; text: string }> {
  const { host, port } = new URL(url);
  return new Promise((resolve) => {
    const request = get(
      `http://${host}${path}`,
      { headers: { host: `${name}.default.localhost:${port}` } },
      (response) => {
        let text = '';
        response.on('data', (data) => {
          text += data;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', (error) => resolve({ status: 0, text: error.message }));
      },
    );
    request.on('error', (error) => resolve({ status: 0, text: error.message }));
  });
}

/** Processes of this user that were told of the folder. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return ['environ', 'cmdline'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder));
    } catch {
      return false; // it has ended, or is another's
    }
  });
}
