import { readConfig } from '#platform/process/config.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { CommandContext } from './command-line/command-context.ts';
import { Environment } from './command-line/environment.ts';
import { EXIT, type ExitCode } from './command-line/exit-codes.ts';
import { commandFirst, type GlobalOptions } from './command-line/global-options.ts';
import { Output } from './command-line/output.ts';
import { program } from './command-line/program.ts';
import { outcomeOf } from './command-line/run.ts';

/** A command whose output is not read has so long to end, in milliseconds. */
const UNREAD_ENDS_MS = 30_000;

/** Runs the command that `process.argv` names, says why where it fails, and sets the exit code. Never rejects. @param variables the environment */
export async function runCommand(version: string, variables: NodeJS.ProcessEnv): Promise<void> {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  // A terminal that is closed sends it more than once: by itself, by its shell, by npm.
  process.on('SIGHUP', () => interrupted.abort());
  const unread = onUnread(interrupted);
  try {
    await program(version, (options, command) =>
      run(options, command, { variables, signal: interrupted.signal }),
    ).parseAsync(commandFirst(process.argv.slice(2)), { from: 'user' });
  } catch (error) {
    const { exitCode, line } = outcomeOf(error, interrupted.signal.aborted);
    if (line !== undefined) process.stderr.write(`${line}\n`);
    process.exitCode = exitCode;
  }
  if (unread.exitCode !== undefined) process.exitCode = unread.exitCode;
}

/**
 * Output that is not read any more ends the command as Ctrl-C does, for it may have something to take away. That the reader
 * has read enough, as `head` has, is no failure.
 */
function onUnread(interrupted: AbortController): { exitCode: ExitCode | undefined } {
  const unread: { exitCode: ExitCode | undefined } = { exitCode: undefined };
  const onError = ({ code }: NodeJS.ErrnoException) => {
    // Each further write fails as well.
    if (unread.exitCode !== undefined) return;
    const exitCode = code === 'EPIPE' ? EXIT.done : EXIT.failed;
    unread.exitCode = exitCode;
    setTimeout(() => process.exit(exitCode), UNREAD_ENDS_MS).unref();
    interrupted.abort();
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onError);
  return unread;
}

async function run(
  options: GlobalOptions,
  command: (context: CommandContext) => Promise<void>,
  { variables, signal }: { variables: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const env = readConfig(Environment, variables);
  const { stdin: input, stdout: out, stderr: err } = process;
  const terminal = out.isTTY === true;
  const colour = terminal && env.NO_COLOR === undefined;
  let cluster: Promise<Cluster> | undefined;
  try {
    await command({
      output: new Output({ out, err, json: options.json ?? false, colour, terminal }),
      input,
      terminal: input.isTTY === true && err.isTTY === true ? { input, output: err } : undefined,
      env,
      cwd: process.cwd(),
      signal,
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
    gatewayService: env.CATNAP_GATEWAY_SERVICE,
  });
}
