import { Command } from 'commander';
import { addCompletion } from './commands/completion.ts';
import { addDelete } from './commands/delete.ts';
import { addDeploy } from './commands/deploy.ts';
import { addDescribe } from './commands/describe.ts';
import { addDev } from './commands/dev.ts';
import { addInit } from './commands/init.ts';
import { addInvocations } from './commands/invocations.ts';
import { addInvoke } from './commands/invoke.ts';
import { addKey } from './commands/key.ts';
import { addList } from './commands/list.ts';
import { addLogs } from './commands/logs.ts';
import { addOpen } from './commands/open.ts';
import { addRender } from './commands/render.ts';
import { addRollback } from './commands/rollback.ts';
import { addTrigger } from './commands/trigger.ts';
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
  addInit(root, run);
  addDev(root, run);
  addDeploy(root, run);
  addRender(root, run);
  addList(root, run);
  addDescribe(root, run);
  addLogs(root, run);
  addInvoke(root, run);
  addInvocations(root, run);
  addTrigger(root, run);
  addOpen(root, run);
  addRollback(root, run);
  addDelete(root, run);
  addKey(root, run);
  addCompletion(root, run);
  for (const command of root.commands)
    withGlobalOptions(command).showHelpAfterError(`(catnap ${command.name()} --help says how it is called)`);
  return root;
}
