/** The real helm and kubectl, for tests: those that .toolchain/cluster-tools/install brought, else those on PATH. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { notChecked } from './not-checked.ts';

/** A client of the cluster that is installed here. */
export interface ClusterTool {
  /** Where it is, or its name on PATH. */
  path: string;
  /** e.g. `v1.36.3`. */
  version: string;
}

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

const BIN = join(import.meta.dirname, '..', '..', '.toolchain', 'cluster-tools', 'bin');
const KUBECTL_VERSION = ['version', '--client', '-o', 'json'];
const HELM_VERSION = ['version', '--template', '{{.Version}}'];

/**
 * kubectl 1.35 and 1.36; where they are not installed, the one on PATH; where there is none either, an empty list. Prints
 * a line that says which `tests` are left out, or are done with another version.
 */
export function kubectls(tests: string): ClusterTool[] {
  const ours = ['1.35/kubectl', '1.36/kubectl'].flatMap((name) => found(join(BIN, name), KUBECTL_VERSION));
  if (ours.length > 0) return ours;
  const onPath = found('kubectl', KUBECTL_VERSION);
  if (onPath[0] === undefined) notChecked(`kubectl is not installed: ${tests}`);
  else notChecked(`with kubectl 1.35 and 1.36, but with ${onPath[0].version} of PATH: ${tests}`);
  return onPath;
}

/** Helm 4; where it is not installed, the one on PATH; undefined where there is none either. Prints as `kubectls` does. */
export function helm(tests: string): ClusterTool | undefined {
  const [ours] = found(join(BIN, 'helm'), HELM_VERSION);
  if (ours !== undefined) return ours;
  const [onPath] = found('helm', HELM_VERSION);
  if (onPath === undefined) notChecked(`helm is not installed: ${tests}`);
  else notChecked(`with helm 4, but with ${onPath.version} of PATH: ${tests}`);
  return onPath;
}

function found(path: string, ask: string[]): ClusterTool[] {
  if (path.startsWith('/') && !existsSync(path)) return [];
  try {
    const said = execFileSync(path, ask, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [{ path, version: ask === HELM_VERSION ? said : JSON.parse(said).clientVersion.gitVersion }];
  } catch {
    return []; // it does not run on this machine: that is the answer
  }
}

export interface ToolRun {
  env: NodeJS.ProcessEnv;
  /** Given to its standard input; default: nothing. */
  stdin?: string;
  /** It is ended after so long; default: a minute. */
  timeoutMs?: number;
}

/** Runs it to its end, whatever its exit code. */
export function runTool({ path }: ClusterTool, args: readonly string[], options: ToolRun): Promise<Output> {
  const { env, stdin = '', timeoutMs = 60_000 } = options;
  return new Promise((resolve) => {
    const child = execFile(path, args, { env, timeout: timeoutMs, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}
