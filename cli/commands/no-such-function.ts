import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

/** For a 404 of the Function. */
export function noSuchFunction(namespace: string, name: string): CommandError {
  const message = `there is no function ${name} in ${namespace}; catnap list --all-namespaces shows those there are`;
  return new CommandError(message, EXIT.notFound);
}
