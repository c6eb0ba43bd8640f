/** The `catnap` command. */

import { readFileSync } from 'node:fs';
import { readConfig } from '#platform/process/config.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { CommandContext } from './command-line/command-context.ts';
import { Environment } from './command-line/environment.ts';
import type { GlobalOptions } from './command-line/global-options.ts';
import { Output } from './command-line/output.ts';
import { program } from './command-line/program.ts';
import { outcomeOf } from './command-line/run.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());

try {
  await program(version(), run).parseAsync(process.argv);
} catch (error) {
  const { exitCode, line } = outcomeOf(error, interrupted.signal.aborted);
  if (line !== undefined) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}

/** Of the package that this file is in, one folder below its root. */
function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function run(options: GlobalOptions, command: (context: CommandContext) => Promise<void>): Promise<void> {
  const env = readConfig(Environment, process.env);
  const { stdout: out, stderr: err } = process;
  const colour = out.isTTY === true && env.NO_COLOR === undefined;
  let cluster: Promise<Cluster> | undefined;
  try {
    await command({
      output: new Output({ out, err, json: options.json ?? false, colour }),
      env,
      cwd: process.cwd(),
      signal: interrupted.signal,
      cluster: () => (cluster ??= connectTo(options, env)),
    });
  } finally {
    await (await cluster?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** What reads kubeconfigs is loaded by commands that ask a cluster. */
async function connectTo(options: GlobalOptions, env: Environment): Promise<Cluster> {
  const { connect, kubeconfigPaths } = await import('./cluster/cluster.ts');
  return await connect({
    kubeconfig: kubeconfigPaths(options.kubeconfig, env),
    context: options.context,
    namespace: options.namespace,
    systemNamespace: options.systemNamespace ?? env.CATNAP_SYSTEM_NAMESPACE,
  });
}
