import { resolve } from 'node:path';
import type { CommandContext } from '../command-line/command-context.ts';
import { buildProject } from '../deploy/build-project.ts';
import { manifestYaml } from '../manifest/manifest-yaml.ts';
import { readProject } from '../project/read-project.ts';

/** `catnap render`: what `catnap deploy` would send, for `kubectl apply` or a repository; asks no cluster. */
export async function render(
  { output, cwd, signal }: CommandContext,
  { folder = '.', namespace }: { folder?: string; namespace?: string },
): Promise<void> {
  const project = await readProject(resolve(cwd, folder), { command: 'render' }, signal);
  const { manifests, warnings } = await buildProject(project, namespace ?? project.namespace);
  for (const { name, text } of warnings) output.note(`${name}: ${text}`);
  const objects = manifests.flatMap((one) => [...one.configMaps, one.function]);
  output.document({ apiVersion: 'v1', kind: 'List', items: objects }, () => manifestYaml(objects));
}
