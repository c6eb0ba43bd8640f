import type { FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND, LABEL } from '#api/names.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { projectOf } from '../manifest/change.ts';
import { type DeployRecord, sourceNames } from '../manifest/deploy-record.ts';
import { CLI_LABEL, MANAGED_BY_CLI } from '../manifest/labels.ts';
import { remember } from './deploy-history.ts';
import { applyFunction, type Target } from './function-client.ts';
import { sourcesNamed } from './source-store.ts';

export interface RollBack {
  live: FunctionObject;
  to: DeployRecord;
  /** RFC 3339. */
  at: string;
  /** Fields that others have set are taken over. */
  force: boolean;
}

/** Makes a function what an earlier deploy was, as a deploy of its own. Gives its number. Throws where its code is gone. */
export async function rollBack({ live, to, at, force }: RollBack, target: Target): Promise<number> {
  const { name, namespace } = live.metadata;
  const names = sourceNames(to.spec);
  const there = await sourcesNamed(names, target);
  if (there.length < names.length)
    throw new CommandError(`the code of deploy ${to.number} of ${name} is not there any more`, EXIT.failed);
  const project = projectOf(live) ?? name;
  const labels = { [LABEL.managedBy]: MANAGED_BY_CLI, [CLI_LABEL.project]: project };
  const manifest = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace, labels },
    spec: to.spec,
  } as const;
  const object = await applyFunction(manifest, target, { dryRun: false, force });
  return await remember({ object, spec: to.spec, project, at, from: to.number }, target);
}
