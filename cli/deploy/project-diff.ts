import type { FunctionObject } from '#api/function.ts';
import { sourceNames } from '../manifest/deploy-record.ts';
import { textsOf } from '../manifest/function-text.ts';
import { textDiff } from '../manifest/text-diff.ts';
import type { PlannedFunction } from './deploy-project.ts';
import type { Target } from './function-client.ts';
import { sourcesNamed } from './source-store.ts';

/** What a deploy would change, as unified diffs of the manifest and of the own files; empty: nothing. */
export async function functionDiff({ manifests, live, planned }: PlannedFunction, target: Target): Promise<string> {
  const before = textsOf(live, live === undefined ? [] : await storedSources(live, target));
  return textDiff(planned.metadata.name, before, textsOf(planned, manifests.configMaps));
}

async function storedSources({ spec }: FunctionObject, target: Target) {
  return await sourcesNamed(sourceNames(spec), target);
}
