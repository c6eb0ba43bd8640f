import { type ClusterTool, kubectls, type Output, runTool } from '#platform/testing/cluster-tools.ts';
import { settings } from './settings.ts';

/** One release of the real kubectl. */
export interface Kubectl extends ClusterTool {
  /** Runs it, whatever its exit code; `stdin` is given to `-f -`. Ends it after `timeoutMs`. */
  run(kubeconfig: string, args: readonly string[], stdin?: string, timeoutMs?: number): Promise<Output>;
}

/** Each kubectl to test with; empty where there is none, which a line says. */
export function eachKubectl(tests: string): Kubectl[] {
  return kubectls(tests).map((tool) => ({
    ...tool,
    run: (kubeconfig, args, stdin = '', timeoutMs = 60_000) =>
      runTool(tool, args, { env: kubectlEnv(kubeconfig), stdin, timeoutMs }),
  }));
}

/** With a discovery cache of its own: tests start with a fresh cluster at an address that may have been another's. */
export function kubectlEnv(kubeconfig: string): NodeJS.ProcessEnv {
  return { PATH: settings.PATH, HOME: settings.HOME, KUBECONFIG: kubeconfig, KUBECACHEDIR: `${kubeconfig}.cache` };
}
