import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { untilFirstAnswer } from './prober.ts';

const HOST = '127.0.0.1';

/** Milliseconds from the spawn of a bare node:http server to its first answer. */
export async function bareStartMs(): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare.mjs'), HOST, String(port)], {
    stdio: 'inherit',
  });
  try {
    return (await untilFirstAnswer(HOST, port)) - startedAt;
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
