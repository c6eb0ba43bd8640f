import type { Command } from 'commander';

/** Options that every command takes. */
export interface GlobalOptions {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  systemNamespace?: string;
  json?: boolean;
}

/** Adds them; they may stand before or after the command's name. */
export function withGlobalOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig; default: KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'which of its contexts')
    .option('-n, --namespace <name>', "namespace of the functions; default: the context's")
    .option('--system-namespace <name>', 'where Catnap is installed (CATNAP_SYSTEM_NAMESPACE; default: catnap-system)')
    .option('--json', 'print the result as JSON');
}
