import { buildFunction } from '../build/build-function.ts';
import { CommandError } from '../command-line/command-error.ts';
import { type ManifestPlace, type Manifests, manifestsOf } from '../manifest/function-manifest.ts';
import { requireFits } from '../manifest/size-limit.ts';
import type { Project } from '../project/project.ts';

/** What is made of a project, in its order. */
export interface BuiltProject {
  manifests: Manifests[];
  /** By name of the function. */
  warnings: { name: string; text: string }[];
}

/** Bundles all functions of a project. Throws the first mistake, with the function's name where there are several. */
export async function buildProject(project: Project, namespace: string | undefined): Promise<BuiltProject> {
  const made: BuiltProject = { manifests: [], warnings: [] };
  const place: ManifestPlace = { project: project.name, namespace };
  for (const one of project.functions) {
    const { name, entry, build: settings } = one;
    const request = entry === undefined ? undefined : { folder: project.folder, entry, settings };
    const built = request === undefined ? undefined : await buildFunction(request).catch(named(project, name));
    if (built !== undefined) requireFits(name, built);
    for (const text of built?.warnings ?? []) made.warnings.push({ name, text });
    made.manifests.push(manifestsOf(one, built, place));
  }
  return made;
}

function named({ functions }: Project, name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof CommandError) || functions.length === 1) throw error;
    throw new CommandError(`${name}: ${error.message}`, error.exitCode, { cause: error });
  };
}
