import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inherited } from './settings.ts';

/** What a run of the `catnap` command came to. */
export interface CommandRun {
  exitCode: number | null;
  out: string;
  err: string;
}

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

/** Runs `catnap` as a process of its own. @param kubeconfig its KUBECONFIG. @param cwd the folder that it is called in */
export async function catnap(
  args: readonly string[],
  { kubeconfig, cwd, signal }: { kubeconfig: string; cwd: string; signal?: AbortSignal },
): Promise<CommandRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...inherited, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  signal?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  const [out, err, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject)),
  ]);
  return { exitCode, out, err };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream.setEncoding('utf8')) all += chunk;
  return all;
}
