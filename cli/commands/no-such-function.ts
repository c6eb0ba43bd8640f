import type { FunctionObject } from '#api/function.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { functionNamed, type Target } from '../deploy/function-client.ts';

/** The Function that a command is about. Throws a CommandError where there is none, or where the cluster knows no Functions. */
export async function requireFunction(name: string, target: Target): Promise<FunctionObject> {
  const found = await functionNamed(name, target);
  if (found === undefined) throw noSuchFunction(target.namespace, name);
  return found;
}

/** Throws a CommandError where it has none yet. */
export function addressOf({ metadata: { name }, status }: FunctionObject): string {
  if (status?.url !== undefined) return status.url;
  throw new CommandError(`${name} has no address yet: catnap describe ${name}`, EXIT.notReady);
}

/** For a 404 of the Function. */
export function noSuchFunction(namespace: string, name: string): CommandError {
  const message = `there is no function ${name} in ${namespace}; catnap list --all-namespaces shows those there are`;
  return new CommandError(message, EXIT.notFound);
}
