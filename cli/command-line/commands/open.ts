import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addOpen(root: Command, run: RunCommand): void {
  root
    .command('open')
    .description("open a function's address in the browser; print it where there is none")
    .argument('<function>', '', nameOf)
    .action(async (name: string, options: GlobalOptions) => {
      const { open } = await import('../../commands/open.ts');
      await run(options, (context) => open(context, name));
    });
}
