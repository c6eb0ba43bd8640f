import type { Command } from 'commander';
import type { RollbackCommand } from '../../commands/rollback.ts';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf, positiveInteger } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addRollback(root: Command, run: RunCommand): void {
  root
    .command('rollback')
    .description('make a function what an earlier deploy was')
    .argument('<function>', '', nameOf)
    .option('--to <deploy>', 'number of the deploy; default: the one before the newest', positiveInteger)
    .option('--list', 'only list the deploys that are remembered')
    .option('--force-conflicts', 'take over fields that others have set')
    .action(async (name: string, options: GlobalOptions & RollbackCommand) => {
      const { rollback } = await import('../../commands/rollback.ts');
      await run(options, (context) => rollback(context, name, options));
    });
}
