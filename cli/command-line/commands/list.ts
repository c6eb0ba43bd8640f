import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import type { RunCommand } from '../run-command.ts';

export function addList(root: Command, run: RunCommand): void {
  root
    .command('list')
    .alias('ls')
    .description('the functions of a namespace: whether they answer, and where')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-w, --wide', 'with the revision that takes traffic, and what the autoscaler aims at')
    .action(async (options: GlobalOptions & { allNamespaces?: boolean; wide?: boolean }) => {
      const { list } = await import('../../commands/list.ts');
      await run(options, (context) => list(context, options));
    });
}
