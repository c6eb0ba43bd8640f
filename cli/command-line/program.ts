import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { type GlobalOptions, withGlobalOptions } from './global-options.ts';

/** Runs a command whose own arguments were read. */
export type RunCommand = (options: GlobalOptions, command: (context: CommandContext) => Promise<void>) => Promise<void>;

/**
 * All commands with their options. What a command does is loaded when it is called, so that `catnap --version` and completions
 * cost nothing.
 */
export function program(version: string, run: RunCommand): Command {
  const root = new Command('catnap')
    .description("functions on a Kubernetes of one's own")
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(catnap --help lists the commands)')
    .exitOverride();
  addList(root, run);
  for (const command of root.commands) withGlobalOptions(command);
  return root;
}

function addList(root: Command, run: RunCommand): void {
  root
    .command('list')
    .alias('ls')
    .description('the functions of a namespace: whether they answer, and where')
    .option('-A, --all-namespaces', 'of all namespaces')
    .action(async (options: GlobalOptions & { allNamespaces?: boolean }) => {
      const { list } = await import('../commands/list.ts');
      await run(options, (context) => list(context, options));
    });
}
