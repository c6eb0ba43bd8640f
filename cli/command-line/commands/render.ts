import type { Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import type { RunCommand } from '../run-command.ts';

export function addRender(root: Command, run: RunCommand): void {
  root
    .command('render')
    .description('print the manifests of a folder, for kubectl apply and GitOps')
    .argument('[folder]', 'default: this one')
    .action(async (folder: string | undefined, options: GlobalOptions) => {
      const { render } = await import('../../commands/render.ts');
      await run(options, (context) => render(context, { ...options, ...(folder !== undefined && { folder }) }));
    });
}
