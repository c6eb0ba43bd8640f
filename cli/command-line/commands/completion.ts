import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from '../../completion/shells.ts';
import type { RunCommand } from '../run-command.ts';

export function addCompletion(root: Command, run: RunCommand): void {
  root
    .command('completion')
    .description('print a script by which a shell completes this command: source <(catnap completion bash)')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action(async (shell: Shell, options) => {
      const { completionModel } = await import('../../completion/completion-model.ts');
      const { completion } = await import('../../commands/completion.ts');
      await run(options, (context) => completion(context, shell, completionModel(root)));
    });
  root
    .command('__complete', { hidden: true })
    .argument('<what>')
    .argument('[words...]')
    .action(async (what: string, words: string[]) => {
      const { clusterWords } = await import('../../completion/cluster-words.ts');
      const { completeNames } = await import('../../commands/complete.ts');
      await run(clusterWords(words), (context) => completeNames(context, what));
    });
}
