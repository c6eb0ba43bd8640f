import { Command } from 'commander';
import { addList } from './commands/list.ts';
import { addRender } from './commands/render.ts';
import { withGlobalOptions } from './global-options.ts';
import type { RunCommand } from './run-command.ts';

/**
 * All commands with their options, in the order of `catnap --help`. What a command does is loaded when it is called, so that
 * `catnap --version` and completions cost nothing.
 */
export function program(version: string, run: RunCommand): Command {
  const root = new Command('catnap')
    .description("functions on a Kubernetes of one's own")
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(catnap --help lists the commands)')
    .exitOverride();
  addRender(root, run);
  addList(root, run);
  for (const command of root.commands) withGlobalOptions(command);
  return root;
}
