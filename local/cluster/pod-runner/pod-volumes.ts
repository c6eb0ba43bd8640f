/** Writes a pod's volumes and makes them appear where its containers mount them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import type { PodFacts } from './downward.ts';
import { type Mount, mountScript } from './mount-script.ts';
import type { Container, MountPrefix } from './pod-context.ts';
import { mountedVolumes, VolumeError, type VolumeFile, type VolumeSources, volumeContent } from './volumes.ts';

const run = promisify(execFile);
type Volume = NonNullable<NonNullable<PodFacts['pod']['spec']>['volumes']>[number];

/** A program before the command, by which the container sees mounts that nobody else does. */
export type Isolation = readonly string[];

/** How this machine lets a process have mounts of its own. Throws a VolumeError when it does not. */
export async function findIsolation(): Promise<Isolation> {
  const candidates: Isolation[] = [
    ['unshare', '--mount', '--propagation', 'private'],
    ['unshare', '--map-root-user', '--mount', '--propagation', 'private'],
  ];
  for (const candidate of candidates) {
    const [program = '', ...args] = candidate;
    const works = await run(program, [...args, '/bin/sh', '-c', 'mount -t tmpfs volumes /mnt'], {
      timeout: 5_000,
    }).then(
      () => true,
      () => false,
    );
    if (works) return candidate;
  }
  throw new VolumeError(
    'this machine does not let programs have mounts of their own; volumes need root, or unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 where AppArmor forbids them)',
  );
}

/** End of the names of files that are not whole yet. */
const ASIDE = '.cluster-new';

interface VolumeSetup {
  facts: PodFacts;
  podDir: string;
  sources: VolumeSources;
  isolation: () => Promise<Isolation>;
  /** The pod's own `/etc/hosts`; asked for when there are mounts anyway. */
  hosts: () => string | undefined;
}

/** Which volume could not be set up, and why. */
export class VolumeSetupError extends Error {
  override readonly name = 'VolumeSetupError';
  constructor(volume: string, cause: Error) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${cause.message}`, { cause });
  }
}

/** Writes all volumes that are mounted; throws a VolumeSetupError for the first that cannot be. */
export async function setUpVolumes(setup: VolumeSetup): Promise<MountPrefix> {
  const { pod } = setup.facts;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])] as Container[];
  const paths = new Map<string, Placed>();
  for (const volume of mountedVolumes(pod.spec?.volumes ?? [], containers)) {
    try {
      paths.set(volume.name, await writeVolume(volume, setup));
    } catch (error) {
      throw new VolumeSetupError(volume.name, error instanceof Error ? error : new Error(String(error)));
    }
  }
  if (paths.size === 0) return () => [];
  const isolation = await setup.isolation().catch((error: unknown) => {
    throw new VolumeSetupError([...paths.keys()][0] ?? '', error instanceof Error ? error : new Error(String(error)));
  });
  const stage = join(setup.podDir, 'stage');
  await mkdir(stage, { recursive: true });
  const hosts = setup.hosts();
  return (container, cwd) => mountPrefix(container, paths, { isolation, stage, cwd, hosts });
}

const HOSTS = '/etc/hosts';

function mountPrefix(
  container: Container,
  paths: ReadonlyMap<string, Placed>,
  { isolation, stage, cwd, hosts }: { isolation: Isolation; stage: string; cwd: string; hosts: string | undefined },
): readonly string[] {
  const mounts = (container.volumeMounts ?? []).flatMap((mount): Mount[] => {
    const placed = paths.get(mount.name);
    if (placed === undefined) return [];
    const { path, readOnly } = placed;
    const source = mount.subPath === undefined ? path : join(path, normalize(join('/', mount.subPath)));
    return [{ source, target: mount.mountPath, readOnly: mount.readOnly === true || readOnly }];
  });
  if (mounts.length === 0) return [];
  if (hosts !== undefined && !mounts.some(({ target }) => target === HOSTS)) {
    mounts.push({ source: hosts, target: HOSTS, readOnly: false });
  }
  return [...isolation, '/bin/sh', '-c', mountScript(mounts, stage, container.workingDir ?? cwd), 'sh'];
}

/** Where a volume is on this machine. */
interface Placed {
  path: string;
  readOnly: boolean;
}

async function writeVolume(volume: Volume, { facts, podDir, sources }: VolumeSetup): Promise<Placed> {
  const content = volumeContent(volume, facts, sources);
  if (content.kind === 'host') {
    if (!existsSync(content.path)) throw new VolumeError(`hostPath "${content.path}" does not exist`);
    return { path: content.path, readOnly: content.readOnly === true };
  }
  const dir = join(podDir, 'volumes', content.kind === 'empty' ? 'own' : 'api', volume.name);
  if (content.kind === 'empty') {
    await mkdir(dir, { recursive: true });
    return { path: dir, readOnly: false };
  }
  await writeFiles(dir, content.files);
  // What comes from the API is never written by containers.
  return { path: dir, readOnly: true };
}

/** Each file is replaced as a whole: a container that reads meanwhile sees the old or the new one. */
async function writeFiles(dir: string, files: ReadonlyMap<string, VolumeFile>): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [path, { bytes, mode }] of files) {
    const file = join(dir, normalize(join('/', path)));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}${ASIDE}`, bytes, { mode });
    await rename(`${file}${ASIDE}`, file);
  }
  const wanted = new Set([...files.keys()].map((path) => join(dir, normalize(join('/', path)))));
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(file)) await rm(file, { force: true });
  }
}
