/** What is run for a container. Pure, but for looking whether programs exist. */
import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { containerEnv, type EnvSources } from './container-env.ts';
import { type LocalImage, onThisMachine } from './images.ts';
import { memoryLimit } from './memory-limit.ts';
import { nodeVariables } from './node-options.ts';
import { portByVariable } from './own-port.ts';
import type { Container, PodContext } from './pod-context.ts';
import { expandVariables } from './variables.ts';

export interface Launch {
  command: readonly string[];
  env: ReadonlyMap<string, string>;
  cwd: string;
}

/** The container was made, but its program cannot be started: exit code 128, reason StartError. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Throws a ContainerConfigError or a StartError. */
export function planLaunch(container: Container, image: LocalImage, context: PodContext, sources: EnvSources): Launch {
  const { work, tmp } = ownFolders(context.dir, container.name);
  const env = launchEnv(container, image, context, { work, tmp, sources });
  const usual = image.ownFolder === true ? work : context.cwd;
  const cwd = container.workingDir === undefined ? usual : onThisMachine(container.workingDir, image.root);
  const prefix = context.mountPrefix(container, usual);
  const command = containerCommand(container, image, env);
  // Behind mounts, paths mean something else than they do here: the program is looked for there.
  if (prefix.length > 0) return { command: [...prefix, ...inside(command)], env, cwd: usual };
  return { command: resolveCommand(command, env.get('PATH') ?? '', cwd), env, cwd };
}

/** The container's home, where it may run too, and the folder for what it needs for a while: as new at each run. */
export function makeOwnFolders(podDir: string, container: string): void {
  for (const folder of Object.values(ownFolders(podDir, container))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
}

function ownFolders(podDir: string, container: string): { work: string; tmp: string } {
  return { work: join(podDir, 'work', container), tmp: join(podDir, 'tmp', container) };
}

interface Given {
  work: string;
  tmp: string;
  sources: EnvSources;
}

function launchEnv(
  container: Container,
  image: LocalImage,
  context: PodContext,
  { work, tmp, sources }: Given,
): Map<string, string> {
  const { facts } = context;
  const env = new Map([
    ...baseEnv(facts.pod.metadata?.name ?? '', { work, tmp }, facts.podIP),
    ...(image.addressVariable === undefined ? [] : [[image.addressVariable, facts.podIP] as const]),
    ...Object.entries(image.env ?? {}),
    ...containerEnv(container, facts, sources, context.serviceLinks()),
  ]);
  const given = env.get('NODE_OPTIONS');
  const node = nodeVariables({
    address: facts.podIP,
    hostsFile: context.hostsFile(),
    memoryBytes: memoryLimit(container),
    given,
  });
  for (const [name, value] of node) env.set(name, value);
  const declared = portByVariable(container, image);
  if (declared !== undefined) env.set('PORT', String(context.freePort(declared)));
  return env;
}

const inside = ([program = '', ...args]: readonly string[]): string[] => [
  program === 'node' ? process.execPath : program,
  ...args,
];

/** What an image would have in its environment: programs are found, this Node first; nothing of the runner's own. */
function baseEnv(podName: string, own: { work: string; tmp: string }, address: string): Map<string, string> {
  return new Map([
    ['PATH', [dirname(process.execPath), SYSTEM_PATH].join(delimiter)],
    ['HOME', own.work],
    ['TMPDIR', own.tmp],
    ['HOSTNAME', podName],
    ['HOST', address],
  ]);
}

/**
 * The container's `command` takes the place of the image's, `args` are added to whichever it is. Files of the image are
 * found where this machine has them.
 */
export function containerCommand(
  container: Pick<Container, 'command' | 'args'>,
  { command, root }: LocalImage,
  env: ReadonlyMap<string, string>,
): string[] {
  const expand = (part: string): string => onThisMachine(expandVariables(part, env), root);
  const own = container.command ?? [];
  return [...(own.length > 0 ? own.map(expand) : command), ...(container.args ?? []).map(expand)];
}

/** `command` with its program as an absolute path. Throws a StartError. */
function resolveCommand(command: readonly string[], path: string, cwd: string): string[] {
  const [program = '', ...args] = command;
  if (!existsSync(cwd))
    throw new StartError(`failed to create containerd task: chdir to cwd ("${cwd}"): no such file or directory`);
  if (program === 'node') return [process.execPath, ...args];
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : join(cwd, program)]
    : path.split(delimiter).map((dir) => join(dir, program));
  const found = candidates.find(isExecutable);
  if (program !== '' && found !== undefined) return [found, ...args];
  const why = program.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH';
  throw new StartError(`failed to start container process: exec: "${program}": ${why}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // whatever the reason: not this one
  }
}
