import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { untilFirstAnswer } from './prober.ts';

const HOST = '127.0.0.1';

/** The baseline: a bare node:http server, that has answered once. */
export class BareServer implements AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  /** Milliseconds from its spawn to its first answer. */
  readonly startMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, startMs: number) {
    this.pid = child.pid ?? 0;
    this.url = `http://${HOST}:${port}/`;
    this.startMs = startMs;
    this.#child = child;
  }

  static async start(): Promise<BareServer> {
    const port = await freePort();
    const startedAt = performance.now();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'bare.mjs'), HOST, String(port)], {
      stdio: 'inherit',
    });
    try {
      return new BareServer(child, port, (await untilFirstAnswer(HOST, port)) - startedAt);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Milliseconds from the spawn of a bare node:http server to its first answer. */
export async function bareStartMs(): Promise<number> {
  await using bare = await BareServer.start();
  return bare.startMs;
}
