import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import type { Environment } from '../command-line/environment.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { addressOf, requireFunction } from './no-such-function.ts';

/** `catnap open`. */
export async function open(context: CommandContext, name: string): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const { signal, output, env } = context;
  const url = addressOf(await requireFunction(name, { kube, namespace, signal }));
  if (!isWebAddress(url)) throw new CommandError(`${url} is no address of the web`, EXIT.failed);
  output.result({ url }, () => url);
  const browser = browserCommand(url, process.platform, env);
  if (browser === undefined || !(await started(browser))) output.note('no browser was found here');
}

/** What opens a URL; undefined: there is no desktop to show it on. Pure. */
export function browserCommand(
  url: string,
  platform: NodeJS.Platform,
  env: Pick<Environment, 'BROWSER' | 'DISPLAY' | 'WAYLAND_DISPLAY' | 'WSL_DISTRO_NAME'>,
): [command: string, ...args: string[]] | undefined {
  if (env.BROWSER) return [env.BROWSER, url];
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['explorer.exe', url];
  if (env.WSL_DISTRO_NAME) return ['explorer.exe', url];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open', url] : undefined;
}

/** Nothing else is given to a program that would take it for a file or an option. Pure. */
export function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** It goes on by itself. */
async function started([command, ...args]: [string, ...string[]]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.unref();
  return await once(child, 'spawn').then(
    () => true,
    () => false,
  );
}
