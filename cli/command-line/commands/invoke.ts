import { type Command, InvalidArgumentError } from 'commander';
import type { InvokeOptions } from '../../commands/invoke.ts';
import type { GlobalOptions } from '../global-options.ts';
import { nameOf } from '../options.ts';
import type { RunCommand } from '../run-command.ts';

export function addInvoke(root: Command, run: RunCommand): void {
  root
    .command('invoke')
    .description('call a function, by way of the API server; what it answers is printed as it comes')
    .argument('<function>', '', nameOf)
    .argument('[path]', 'with its query; default: /')
    .option('-X, --request <method>', 'default: GET, or POST with -d')
    .option(
      '-H, --header <header>',
      "'Name: value'; may be given again",
      (each, before: string[]) => [...before, each],
      [],
    )
    .option('-d, --data <data>', 'the body: text, @file, or - for what comes in')
    .option('--url', "straight to the function's own address, as with an Authorization header")
    .option('-i, --include', 'print status and headers before the body')
    .option('-f, --fail', 'print no body of an answer of 400 and more')
    .option('-v, --verbose', 'say which way, the request id and where the time went')
    .option('--async', 'to be accepted and delivered later: Prefer: respond-async, for a function with spec.async')
    .option('--wait', 'the same, and wait until it has ended; its answer is printed')
    .option('--timeout <seconds>', 'longest until the answer begins', secondsOf, 120)
    .action(async (name: string, path: string | undefined, options: GlobalOptions & InvokeOptions) => {
      const { invoke } = await import('../../commands/invoke.ts');
      await run(options, (context) => invoke(context, { name, path }, options));
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new InvalidArgumentError('more than 0 and at most 86400 seconds.');
  return seconds;
}
