import { Command } from 'commander';
import { nameOf } from './options.ts';

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
    .option('-n, --namespace <name>', "namespace of the functions; default: the context's", nameOf)
    .option(
      '--system-namespace <name>',
      'where Catnap is installed (CATNAP_SYSTEM_NAMESPACE; default: catnap-system)',
      nameOf,
    )
    .option('--json', 'print the result as JSON');
}

/** The words of a call with the options of every command that stand before the command's name put behind it. Pure. */
export function commandFirst(words: readonly string[]): string[] {
  const { options } = withGlobalOptions(new Command());
  let index = 0;
  for (let word = words[index]; word?.startsWith('-'); word = words[index]) {
    const [flag, inline] = word.split('=', 2);
    const option = options.find(({ short, long }) => flag === short || flag === long);
    if (option === undefined) return [...words];
    index += option.required && inline === undefined ? 2 : 1;
  }
  const [command, ...rest] = words.slice(index);
  return command === undefined ? [...words] : [command, ...words.slice(0, index), ...rest];
}
