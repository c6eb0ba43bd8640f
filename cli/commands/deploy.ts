import { resolve } from 'node:path';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { table } from '../command-line/table.ts';
import { buildProject } from '../deploy/build-project.ts';
import { carryOut, type DeployedFunction, type PlannedFunction, planProject, prune } from '../deploy/deploy-project.ts';
import type { Target } from '../deploy/function-client.ts';
import { functionDiff } from '../deploy/project-diff.ts';
import { type Waited, waitReady } from '../deploy/wait-ready.ts';
import { readProject } from '../project/read-project.ts';

export interface DeployCommand {
  folder?: string;
  namespace?: string;
  wait?: boolean;
  /** Seconds. */
  timeout: number;
  dryRun?: boolean;
  diff?: boolean;
  exitCode?: boolean;
  prune?: boolean;
  forceConflicts?: boolean;
}

/** `catnap deploy`. */
export async function deploy(context: CommandContext, options: DeployCommand): Promise<void> {
  const { output, cwd, signal } = context;
  const project = await readProject(resolve(cwd, options.folder ?? '.'), { command: 'deploy' }, signal);
  const cluster = await context.cluster();
  const namespace = options.namespace ?? project.namespace ?? cluster.namespace;
  const { manifests, warnings } = await buildProject(project, namespace);
  for (const { name, text } of warnings) output.note(`${name}: ${text}`);
  const target = { kube: cluster.kube, namespace, signal };
  const whose = { project: project.name, force: options.forceConflicts ?? false };
  const planned = await planProject(manifests, target, whose);
  const names = project.functions.map(({ name }) => name);
  if (options.diff === true) return await showDiff(context, planned, target, options.exitCode ?? false);
  const pruned = (dryRun: boolean) => (options.prune ? prune(project.name, names, target, dryRun) : []);
  if (options.dryRun === true) return showPlan(context, planned, await pruned(true));
  const deployed: DeployedFunction[] = [];
  for (const one of planned) deployed.push(await carryOut(one, target, { ...whose, at: new Date().toISOString() }));
  const removed = await pruned(false);
  if (options.wait !== true) return showDeployed(context, deployed.map(unwaited), removed);
  await waitForAll(context, { deployed, removed, target, timeoutSeconds: options.timeout });
}

async function showDiff(
  { output }: CommandContext,
  planned: readonly PlannedFunction[],
  target: Target,
  exitCode: boolean,
): Promise<void> {
  const diffs: { name: string; change: string; diff: string }[] = [];
  for (const one of planned)
    diffs.push({ name: one.planned.metadata.name, change: one.change, diff: await functionDiff(one, target) });
  const all = diffs.map(({ diff }) => diff).join('');
  if (output.json || all !== '') output.document(diffs, () => all.trimEnd());
  if (exitCode && all !== '') throw new CommandError('there are differences', EXIT.failed);
}

function showPlan({ output }: CommandContext, planned: readonly PlannedFunction[], removed: readonly string[]): void {
  const rows = [
    ...planned.map(({ planned: { metadata }, change }) => ({ name: metadata.name, change: change as string })),
    ...removed.map((name) => ({ name, change: 'removed' })),
  ];
  output.result(rows, () =>
    table(
      ['NAME', 'RESULT'],
      rows.map(({ name, change }) => [name, `${change} (dry run)`]),
    ),
  );
}

type Shown = DeployedFunction & { ready: string | undefined };

const unwaited = (one: DeployedFunction): Shown => ({ ...one, ready: undefined });

function showDeployed({ output }: CommandContext, deployed: readonly Shown[], removed: readonly string[]): void {
  const rows = deployed.map(({ name, change, deploy, object, ready }) => ({
    name,
    namespace: object.metadata.namespace,
    result: change,
    deploy,
    ...(ready !== undefined && { ready }),
    ...(object.status?.url !== undefined && { url: object.status.url }),
  }));
  const gone = removed.map((name) => ({ name, result: 'removed' }));
  output.result([...rows, ...gone], () => {
    const lines = rows.map((row) => [row.name, row.result, String(row.deploy), row.ready ?? '', row.url ?? '']);
    return table(
      ['NAME', 'RESULT', 'DEPLOY', 'READY', 'URL'],
      [...lines, ...gone.map(({ name, result }) => [name, result])],
    );
  });
}

interface Waiting {
  deployed: readonly DeployedFunction[];
  removed: readonly string[];
  target: Target;
  timeoutSeconds: number;
}

async function waitForAll(
  context: CommandContext,
  { deployed, removed, target, timeoutSeconds }: Waiting,
): Promise<void> {
  const waited = await Promise.all(
    deployed.map(async (one) => {
      const wanted = { generation: one.object.metadata.generation, sourceHash: one.sourceHash };
      return { one, ...(await waitReady(one.name, wanted, target, timeoutSeconds * 1000)) };
    }),
  );
  const shown = waited.map(({ one, object, readiness }) => ({ ...one, object, ready: readiness.reason }));
  showDeployed(context, shown, removed);
  const problems = waited.filter(({ readiness }) => readiness.state !== 'ready');
  if (problems.length === 0) return;
  const isBuild = problems.some(({ readiness }) => BUILD_REASONS.includes(readiness.reason));
  const text = problems.map(({ one, readiness }) => `${one.name}: ${problemOf(readiness, timeoutSeconds)}`).join('\n');
  throw new CommandError(text, isBuild ? EXIT.build : EXIT.notReady);
}

const BUILD_REASONS = ['CompileFailed', 'HandlerNotFound'];

function problemOf({ state, reason, message }: Waited['readiness'], timeoutSeconds: number): string {
  return state === 'failed' ? `${reason}: ${message}` : `not ready after ${timeoutSeconds} s: ${reason}: ${message}`;
}
