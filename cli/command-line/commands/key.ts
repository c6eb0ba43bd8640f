import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import type { RunCommand } from '../run-command.ts';

export function addKey(root: Command, run: RunCommand): void {
  root
    .command('key')
    .description('make an API key, and the digest by which it is known')
    .action(async (options: GlobalOptions) => {
      const { key } = await import('../../commands/key.ts');
      await run(options, key);
    });
}
