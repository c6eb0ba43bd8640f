import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { INVOCATION_STATES } from '#api/invocations-for-people.ts';
import { isInvocationId } from '#api/rules/invocation-id.ts';
import type { InvocationsAsked, InvocationsOptions } from '../../commands/invocations.ts';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf, positiveInteger } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

const ACTIONS = ['list', 'show', 'retry', 'purge'] as const satisfies readonly InvocationsAsked['action'][];

export function addInvocations(root: Command, run: RunCommand): void {
  root
    .command('invocations')
    .description('work that nobody waits for: how it goes, what was given up, to send it again or take it away')
    .addArgument(new Argument('<action>').choices(ACTIONS))
    .argument('<function>', '', nameOf)
    .argument('[id]', 'of one invocation; default for list, retry and purge: several', idOf)
    .addOption(new Option('--state <state>', 'those of this state alone').choices(INVOCATION_STATES))
    .option('--all', 'list: without a limit; retry: all that is buried; purge: all, what is open too')
    .option('--limit <number>', 'of a list, the newest so many; default: 50', positiveInteger)
    .action(
      async (
        action: InvocationsAsked['action'],
        name: string,
        id: string | undefined,
        options: GlobalOptions & InvocationsOptions,
      ) => {
        const { invocations } = await import('../../commands/invocations.ts');
        await run(options, (context) => invocations(context, { action, name, id }, options));
      },
    );
}

/** As `Location` and lists have it. */
function idOf(text: string): string {
  if (!isInvocationId(text))
    throw new InvalidArgumentError(
      'an id looks like 0198c0de-0000-7000-8000-000000000001, or like shop/nightly@2026-03-29T01:00:00Z.',
    );
  return text;
}
