import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addDescribe(root: Command, run: RunCommand): void {
  root
    .command('describe')
    .description('what a function does and why: addresses, revisions, scaling, failures, and what to do next')
    .argument('<function>', '', nameOf)
    .action(async (name: string, options: GlobalOptions) => {
      const { describe } = await import('../../commands/describe.ts');
      await run(options, (context) => describe(context, name, options));
    });
}
