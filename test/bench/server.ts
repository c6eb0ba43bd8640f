import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { type Side, startOn, stop } from './cores.ts';
import { untilFirstAnswer } from './prober.ts';

export interface Server extends AsyncDisposable {
  port: number;
  pid: number;
}

/** One of the programs beside this file that take a host and a port, on a free one; answers once it is returned. */
export async function startServer(side: Side, program: string): Promise<Server> {
  const [host, port] = ['127.0.0.1', await freePort()];
  const child = startOn(side, [process.execPath, join(import.meta.dirname, program), host, String(port)]);
  const end = () => stop(child, 'SIGKILL');
  try {
    await untilFirstAnswer(host, port);
  } catch (error) {
    await end();
    throw error;
  }
  return { port, pid: child.pid ?? 0, [Symbol.asyncDispose]: end };
}
