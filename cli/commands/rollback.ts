import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { table } from '../command-line/table.ts';
import { deploysOf } from '../deploy/deploy-history.ts';
import type { Target } from '../deploy/function-client.ts';
import { rollBack } from '../deploy/roll-back.ts';
import type { DeployRecord } from '../manifest/deploy-record.ts';
import { requireFunction } from './no-such-function.ts';

export interface RollbackCommand {
  namespace?: string;
  /** Number of the deploy; default: the one before the newest. */
  to?: number;
  list?: boolean;
  forceConflicts?: boolean;
}

/** `catnap rollback`. */
export async function rollback(context: CommandContext, name: string, options: RollbackCommand): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const target: Target = { kube, namespace, signal: context.signal };
  const live = await requireFunction(name, target);
  const records = await deploysOf(live, target);
  if (records.length === 0)
    throw new CommandError(`${name} was not deployed by catnap deploy: there is nothing to go back to`, EXIT.notFound);
  if (options.list === true) return context.output.result(records, () => listed(records));
  const chosen = chosenOf(name, records, options.to);
  const done = await rollBack(
    { live, to: chosen, at: new Date().toISOString(), force: options.forceConflicts ?? false },
    target,
  );
  context.output.result(
    { name, namespace, to: chosen.number, deploy: done },
    () => `${name} is again what deploy ${chosen.number} was (deploy ${done})`,
  );
}

function chosenOf(name: string, records: readonly DeployRecord[], to: number | undefined): DeployRecord {
  const chosen = to === undefined ? records[1] : records.find(({ number }) => number === to);
  if (chosen !== undefined) return chosen;
  const problem = to === undefined ? `${name} was deployed once only` : `deploy ${to} of ${name} is not remembered`;
  const numbers = records.map(({ number }) => number).join(', ');
  throw new CommandError(`${problem}; there are: ${numbers}`, EXIT.notFound);
}

function listed(records: readonly DeployRecord[]): string {
  const rows = records.map(({ number, at, from, spec }) => [
    String(number),
    at,
    from === undefined ? 'deploy' : `rollback to ${from}`,
    spec.image ?? '',
  ]);
  return table(['DEPLOY', 'AT', 'BY', 'IMAGE'], rows);
}
