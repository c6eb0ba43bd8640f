import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** Where the kubeconfig goes: `folder/kubeconfig`, or, while another run is reached by that one, a file of our own. */
export async function kubeconfigFile(folder: string, gatewayPort: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const usual = join(folder, 'kubeconfig');
  return (await leadsToARun(usual)) ? join(folder, `kubeconfig-${gatewayPort}`) : usual;
}

/** Where the kubeconfigs were, once the last run has taken its own away. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
  });
}

/** A run that was killed may have left its file; nobody listens where that one points. */
async function leadsToARun(path: string): Promise<boolean> {
  const port = /server: ['"]?https?:\/\/[^:/]+:(\d+)/.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
  if (port === undefined) return false;
  return freePort(Number(port)).then(
    () => false,
    () => true,
  );
}
