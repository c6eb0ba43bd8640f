import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface ImageConfig {
  User: string;
  StopSignal: string;
  Entrypoint: string[];
  Env: string[];
  WorkingDir?: string;
  Labels: Record<string, string>;
}

/** An image out of an archive that nodes can load. */
export interface UnpackedImage {
  names: string[];
  config: ImageConfig;
  created: string;
  /** Tar files, the base's first. */
  layers: string[];
  /** Folder that a container of it sees as `/`. */
  root: string;
}

/** Unpacks `archive` into `folder`. What an upper layer removes of a lower one stays. */
export async function unpackImage(archive: string, folder: string): Promise<UnpackedImage> {
  const root = join(folder, 'root');
  await mkdir(root, { recursive: true });
  await run('tar', ['-xf', archive, '-C', folder]);
  const [manifest] = await json<{ Config: string; RepoTags: string[]; Layers: string[] }[]>(folder, 'manifest.json');
  if (manifest === undefined) throw new Error(`${archive} holds no image`);
  const { config, created } = await json<{ config: ImageConfig; created: string }>(folder, manifest.Config);
  const layers = manifest.Layers.map((layer) => join(folder, layer));
  for (const layer of layers) await run('tar', ['-xf', layer, '-C', root]);
  return { names: manifest.RepoTags, config, created, layers, root };
}

interface Descriptor {
  digest: string;
  platform?: { os: string; architecture: string };
  annotations?: Record<string, string>;
}

/** What an OCI archive holds, unpacked into `folder`: the one name in it, and its platforms in their order. */
export async function readLayout(archive: string, folder: string): Promise<{ name: string; platforms: string[] }> {
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xf', archive, '-C', folder]);
  const { manifests } = await json<{ manifests: Descriptor[] }>(folder, 'index.json');
  const [image, ...others] = manifests;
  if (image === undefined || others.length > 0) throw new Error(`${archive} holds ${manifests.length} images`);
  const blob = join('blobs', image.digest.replace(':', '/'));
  const list = await json<{ manifests: Descriptor[] }>(folder, blob);
  const platforms = list.manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
  return { name: image.annotations?.['org.opencontainers.image.ref.name'] ?? '', platforms };
}

async function json<T>(folder: string, file: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as T;
}

/** In a mount namespace of its own: the folder becomes a root that nothing can be written to, of the image's user. */
const CONFINED = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec unshare --root="$0" "$@"`;

/** Whether this machine lets us do that. */
export async function canConfine(): Promise<boolean> {
  return await run('unshare', ['--mount', 'true']).then(
    () => true,
    () => false,
  );
}

/** Runs `command` (default: the image's own) as its user, with a root that is read-only, and the machine's network. */
export function startConfined(
  { config, root }: UnpackedImage,
  env: Record<string, string>,
  command: readonly string[] = config.Entrypoint,
): ChildProcess {
  const own = Object.fromEntries(config.Env.map((entry) => entry.split(/=(.*)/s, 2)));
  // The search for unshare itself is made in this environment too.
  const path = `${own.PATH}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const [user, group] = config.User.split(':');
  const as = [`--setuid=${user}`, `--setgid=${group}`, `--wd=${config.WorkingDir || '/'}`];
  return spawn('unshare', ['--mount', 'sh', '-c', CONFINED, root, ...as, ...command], {
    env: { ...own, ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
