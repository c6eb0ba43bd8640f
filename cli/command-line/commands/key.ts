import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import type { RunCommand } from '../run-command.ts';

export function addKey(root: Command, run: RunCommand): void {
  root
    .command('key')
    .argument('[name]', 'of who is to have it', 'client')
    .description('make an API key, and the digest by which a function knows it')
    .action(async (name: string, options: GlobalOptions) => {
      const { key } = await import('../../commands/key.ts');
      await run(options, (context) => key(context, name));
    });
}
