import { type Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import type { RunCommand } from '../run-command.ts';

interface Options extends GlobalOptions {
  port?: number;
  inspect?: number | true;
  keep?: boolean;
  types: boolean;
}

export function addDev(root: Command, run: RunCommand): void {
  root
    .command('dev')
    .argument('[folder...]', 'folders with functions; default: this one')
    .description('runs the functions of folders and deploys them at each save, on a cluster of its own by default')
    .option('--port <port>', "port of the local cluster's gateway; default: 8080, or any that is free", port)
    .option(
      '--inspect [port]',
      "Node's inspector on the one replica that runs; default: 9229, or the next free one",
      port,
    )
    .option('--keep', 'leave the functions in the cluster that --kubeconfig or --context names')
    .option('--no-types', "do not run the folder's own TypeScript beside it")
    .action(async (folders: string[], options: Options) => {
      const { dev } = await import('../../commands/dev.ts');
      await run(options, (context) => dev(context, folders, options));
    });
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535)
    throw new InvalidArgumentError('it is no port, which is 1 to 65535; folders stand before it');
  return Number(text);
}
