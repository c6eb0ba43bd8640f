import { resolve } from 'node:path';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { DevCluster } from '../dev/dev-cluster.ts';
import { runSession } from '../dev/session.ts';
import type { Project } from '../project/project.ts';
import { readProject } from '../project/read-project.ts';

interface DevOptions {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
  port?: number;
  inspect?: number | true;
  keep?: boolean;
  types?: boolean;
}

/** `catnap dev`: until Ctrl-C. */
export async function dev(context: CommandContext, folders: readonly string[], options: DevOptions): Promise<void> {
  const { cwd, signal, output, env } = context;
  const paths = folders.length === 0 ? [cwd] : folders.map((folder) => resolve(cwd, folder));
  const projects: Project[] = [];
  for (const path of paths) projects.push(await readProject(path, { command: 'dev' }, signal));
  requireOwnNames(projects);
  const say = (line: string) => output.line(line);
  // A second Ctrl-C does not wait for what has to be taken away; what was started on this machine ends by itself.
  signal.addEventListener('abort', () => process.once('SIGINT', () => process.exit(EXIT.interrupted)));
  try {
    await using cluster = await openCluster(context, options, say);
    for (const line of cluster.greeting) say(line);
    say(`${paths.join(', ')}: saved is deployed (Ctrl-C ends it)`);
    await runSession({
      cluster,
      projects,
      namespace: options.namespace,
      inspect: options.inspect === true ? 'any' : options.inspect,
      keep: options.keep ?? false,
      types: options.types ?? true,
      cwd,
      env,
      style: { colour: output.colour },
      say,
      signal,
    });
    output.note('stopping …');
  } catch (error) {
    // Ctrl-C is how it ends.
    if (!signal.aborted) throw error;
  }
}

function requireOwnNames(projects: readonly Project[]): void {
  const seen = new Map<string, string>();
  for (const { folder, functions } of projects)
    for (const { name } of functions) {
      const other = seen.get(name);
      if (other !== undefined)
        throw new CommandError(
          `${other} and ${folder} both have a function ${name}: give one another name in catnap.yaml`,
          EXIT.usage,
        );
      seen.set(name, folder);
    }
}

/** The one that the options name, else one on this machine. */
async function openCluster(
  { cluster, env, output, signal }: CommandContext,
  options: DevOptions,
  say: (line: string) => void,
): Promise<DevCluster> {
  if (options.kubeconfig !== undefined || options.context !== undefined) {
    if (options.port !== undefined)
      throw new CommandError('--port is of the local cluster, and the options name another', EXIT.usage);
    const { NamedDevCluster } = await import('../dev/named-cluster.ts');
    return new NamedDevCluster(await cluster(), { kubeconfig: options.kubeconfig ?? env.KUBECONFIG, env, say });
  }
  const { LocalDevCluster } = await import('../dev/local-cluster.ts');
  const { port, namespace } = options;
  return await LocalDevCluster.start({ port, namespace, env, colour: output.colour, say, signal });
}
