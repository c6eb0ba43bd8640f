import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { type Side, startOn, stop } from './cores.ts';
import { untilFirstAnswer } from './prober.ts';

const HOST = '127.0.0.1';

export interface Server extends AsyncDisposable {
  port: number;
  pid: number;
  /** Milliseconds from its spawn to its first answer. */
  startMs: number;
}

/**
 * One of the programs beside this file that take a host and a port, on a free one; answers once it is returned.
 * @param args for the program, after these.
 */
export function startServer(side: Side | 'any', program: string, args: readonly string[] = []): Promise<Server> {
  const command = ['env', 'NODE_ENV=production', process.execPath, join(import.meta.dirname, program), HOST];
  return startListening((port) => startOn(side, [...command, String(port), ...args]));
}

/** @param start starts what listens on this port of the loopback. */
export async function startListening(start: (port: number) => ChildProcess): Promise<Server> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = start(port);
  const end = () => stop(child, 'SIGKILL');
  try {
    const startMs = (await untilFirstAnswer(HOST, port)) - startedAt;
    return { port, pid: child.pid ?? 0, startMs, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
