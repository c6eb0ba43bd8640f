import assert from 'node:assert/strict';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { testFolder } from '../../cli/testing/folder.ts';
import { catnap } from './catnap.ts';
import type { System } from './system.ts';
import type { World } from './world.ts';

/** A large module is bundled by the operator for some seconds. */
export const DEPLOY_AND_WAIT = ['deploy', '--wait', '--timeout', '120'];
/** A little longer than that. */
export const LONGEST_MS = 150_000;

/** A folder in a world, and the command in it. */
export async function project({ kubeconfig }: System, world: World, files: Record<string, string>) {
  const folder = await testFolder(files);
  const run = (...args: string[]) =>
    catnap([...args, '-n', world.namespace], { kubeconfig, cwd: folder.path, timeoutMs: LONGEST_MS });
  const done = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(...args);
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  };
  const url = async (name: string) => (await world.get(name)).status?.url ?? assert.fail(`${name} has no URL`);
  const says = async (name: string, path = '/') => (await world.call(await url(name), { path })).text;
  return { folder, run, done, says };
}

/** Names of those with these labels, sorted. */
export async function configMaps(world: World, labelSelector: string): Promise<string[]> {
  const { items } = await world.kube.listAll(CONFIG_MAPS, {
    namespace: world.namespace,
    labelSelector,
    signal: world.soon(),
  });
  return items.map(({ metadata }) => metadata?.name ?? '').sort();
}
