import { isNotFound } from '#platform/kube/error.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { deleteFunction } from '../deploy/function-client.ts';

/** `catnap delete`: all that are there are deleted, and then it is told which were not. */
export async function deleteFunctions(
  { cluster, output, signal }: CommandContext,
  names: readonly string[],
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  const { kube, namespace } = await cluster();
  const missing: string[] = [];
  const deleted: string[] = [];
  for (const name of new Set(names)) {
    try {
      await deleteFunction(name, { kube, namespace, signal }, dryRun);
      deleted.push(name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      missing.push(name);
    }
  }
  const done = dryRun ? 'deleted (dry run)' : 'deleted';
  if (output.json || deleted.length > 0)
    output.result({ namespace, deleted, missing }, () => deleted.map((name) => `${name} ${done}`).join('\n'));
  if (missing.length > 0)
    throw new CommandError(
      `there is no function ${missing.map((name) => `"${name}"`).join(', ')} in ${namespace}`,
      EXIT.notFound,
    );
}
