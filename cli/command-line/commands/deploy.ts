import type { Command } from 'commander';
import type { DeployCommand } from '../../commands/deploy.ts';
import type { GlobalOptions } from '../global-options.ts';
import { positiveInteger } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addDeploy(root: Command, run: RunCommand): void {
  root
    .command('deploy')
    .description('a folder, bundled with its packages, becomes Functions on the cluster')
    .argument('[folder]', 'default: this one')
    .option('-w, --wait', 'until the new revision answers, or why it does not')
    .option('--timeout <seconds>', 'longest to wait', positiveInteger, 60)
    .option('--dry-run', 'only say what would be created, changed and removed')
    .option('--diff', 'only show what would change, as unified diffs')
    .option('--exit-code', 'with --diff: end with 1 where there are differences')
    .option('--prune', 'remove functions that this project deployed and does not name any more')
    .option('--force-conflicts', 'take over fields that others have set, and functions of other projects')
    .action(async (folder: string | undefined, options: GlobalOptions & DeployCommand) => {
      const { deploy } = await import('../../commands/deploy.ts');
      await run(options, (context) => deploy(context, { ...options, ...(folder !== undefined && { folder }) }));
    });
}
