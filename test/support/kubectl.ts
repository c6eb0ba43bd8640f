import { execFile, execFileSync } from 'node:child_process';
import { settings } from './settings.ts';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** kubectl's version, or undefined where there is none on PATH. */
export const kubectlVersion = find();

function find(): string | undefined {
  try {
    const { clientVersion } = JSON.parse(
      execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' }),
    );
    return clientVersion.gitVersion;
  } catch {
    return undefined;
  }
}

/** Runs the real kubectl, whatever its exit code; `stdin` is given to `-f -`. Ends it after `timeoutMs`. */
export function kubectl(kubeconfig: string, args: readonly string[], stdin = '', timeoutMs = 60_000): Promise<Output> {
  // A discovery cache of its own: tests start with a fresh cluster at an address that may have been another's.
  const env = { PATH: settings.PATH, HOME: settings.HOME, KUBECONFIG: kubeconfig, KUBECACHEDIR: `${kubeconfig}.cache` };
  return new Promise((resolve) => {
    const child = execFile(
      'kubectl',
      args,
      { env, timeout: timeoutMs, maxBuffer: 16 << 20 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
      },
    );
    child.stdin?.end(stdin);
  });
}
