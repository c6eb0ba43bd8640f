import type { Command } from 'commander';
import type { LogsOptions } from '../../commands/logs.ts';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addLogs(root: Command, run: RunCommand): void {
  root
    .command('logs')
    .description('what a function wrote: kept lines first, of replicas that are gone too')
    .argument('<function>', '', nameOf)
    .option('-f, --follow', 'on with what comes, across replicas that come and go')
    .option('--since <time>', 'lines of the last 10m, 2h, 1d, or since a moment: 2026-01-02T03:04:05Z')
    .option('--request <id>', "of one request: its answer's X-Request-Id")
    .option('--tail <lines>', 'of what is there, the last so many')
    .option('--pods', "from the replicas' own logs, not from the log keeper")
    .option('--loki <url>', 'from Loki at this address; default: what the installation names, if it does')
    .action(async (name: string, options: GlobalOptions & LogsOptions) => {
      const { logs } = await import('../../commands/logs.ts');
      await run(options, (context) => logs(context, name, options));
    });
}
