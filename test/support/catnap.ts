import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../../local/package-root.ts';
import { settings, systemNamespace } from './settings.ts';

/** The command line of `catnap`, as this checkout has it. */
export const CATNAP = [process.execPath, join(ROOT, 'cli/main.ts')] as const;

/** How a command ended, and what it printed. */
interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  kubeconfig: string;
  /** Given to it, and ended. */
  stdin?: string;
  /** Default: the checkout. */
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Longest that it may run; default: a minute. */
  timeoutMs?: number;
  /** Once it is aborted, Ctrl-C comes. */
  interrupt?: AbortSignal;
}

const LONGEST_MS = 60_000;

/** Starts the `catnap` command of this checkout; the caller ends it, or waits for it. */
export function startCatnap(args: readonly string[], options: RunOptions): ChildProcessWithoutNullStreams {
  const [node, main] = CATNAP;
  return spawn(node, [main, ...args], {
    cwd: options.cwd ?? ROOT,
    env: {
      PATH: settings.PATH,
      HOME: settings.HOME,
      KUBECONFIG: options.kubeconfig,
      CATNAP_SYSTEM_NAMESPACE: systemNamespace,
      ...options.env,
    },
    timeout: options.timeoutMs ?? LONGEST_MS,
  });
}

/** Runs it to its end. */
export async function catnap(args: readonly string[], options: RunOptions): Promise<Ran> {
  const child = startCatnap(args, options);
  options.interrupt?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  child.stdin.on('error', () => undefined); // it may not read what it does not need
  child.stdin.end(options.stdin ?? '');
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { exitCode, stdout, stderr };
}
