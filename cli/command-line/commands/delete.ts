import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import { namesOf } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addDelete(root: Command, run: RunCommand): void {
  root
    .command('delete')
    .description('delete functions, with their code and their history')
    .argument('<function...>', '', namesOf)
    .option('--dry-run', 'only say which would be deleted')
    .action(async (names: string[], options: GlobalOptions & { dryRun?: boolean }) => {
      const { deleteFunctions } = await import('../../commands/delete.ts');
      await run(options, (context) => deleteFunctions(context, names, options));
    });
}
