import { Argument, type Command } from 'commander';
import { TEMPLATE_NAMES, type TemplateName } from '../../templates/template.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { RunCommand } from '../run-command.ts';

export function addInit(root: Command, run: RunCommand): void {
  root
    .command('init')
    .description('make a folder with a function, its types, a test and its settings')
    .addArgument(new Argument('[template]', 'asked for on a terminal; else hello').choices(TEMPLATE_NAMES))
    .argument('[folder]', 'new or empty; default: named after the template')
    .action(async (template: TemplateName | undefined, folder: string | undefined, options: GlobalOptions) => {
      const { init } = await import('../../commands/init.ts');
      await run(options, (context) => init(context, { template, folder }));
    });
}
