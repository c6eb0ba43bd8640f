import { Argument, type Command } from 'commander';
import type { TriggerAsked, TriggerOptions } from '../../commands/trigger.ts';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf, positiveInteger } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

const ACTIONS = ['list', 'show', 'run'] as const satisfies readonly TriggerAsked['action'][];

export function addTrigger(root: Command, run: RunCommand): void {
  root
    .command('trigger')
    .description('what calls functions without a request: how it stands, its last runs, to run it now')
    .addArgument(new Argument('<action>').choices(ACTIONS))
    .argument('[trigger]', 'of show and run', nameOf)
    .option('-A, --all-namespaces', 'list: of all namespaces')
    .option('-w, --wait', 'run: until it has ended')
    .option('--timeout <seconds>', 'longest to wait', positiveInteger, 900)
    .action(
      async (action: TriggerAsked['action'], name: string | undefined, options: GlobalOptions & TriggerOptions) => {
        const { trigger } = await import('../../commands/trigger.ts');
        await run(options, (context) => trigger(context, { action, name }, options));
      },
    );
}
