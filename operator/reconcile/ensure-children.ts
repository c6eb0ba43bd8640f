import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { functionService, isControlledBy, revisionDeployment } from '../function/children.ts';
import type { Payload } from '../function/pod-template.ts';
import type { Observation } from '../function/status.ts';
import { type BundleRef, bundleId, bundleOf } from '../function/stored-bundle.ts';
import { SourceError } from '../source/source-error.ts';
import { ChildError, ensureDeployment, ensureService, type Writer } from './apply-children.ts';
import type { Context } from './context.ts';
import type { DesiredRevision } from './desired-revision.ts';

type Problems = Pick<
  Observation,
  'sourceProblem' | 'sourceNotes' | 'compiling' | 'revisionProblem' | 'routeProblem' | 'serviceRefused'
>;

/** What became of the children. */
export interface ChildrenResult {
  /** The newest revision there is; absent: none. */
  readonly latest?: string | undefined;
  /** The function's own, the one just written included. */
  readonly deployments: readonly Deployment[];
  /** See DesiredRevision. */
  readonly configMapHash?: string | undefined;
  /** The bundle of the newest revision, when it was made sure of. */
  readonly bundle?: BundleRef | undefined;
  /** The newest revision was there, with a bundle of another version of the operator: it has `bundle` instead now. */
  readonly replacedBundle?: boolean;
  /** A child is to be looked at again then, in milliseconds. */
  readonly againInMs?: number | undefined;
  readonly problems: Problems;
}

/**
 * Makes the Service, the bundle and the Deployment that the spec asks for. What the user must mend is a problem in the
 * result; the revisions there were stay as they are.
 */
export async function ensureChildren(ctx: Context, writer: Writer): Promise<ChildrenResult> {
  const { fn } = writer;
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  const deployments = ctx.children.deployments.of(key).filter((deployment) => isControlledBy(deployment, fn));
  const revision = await ensureRevision(ctx, writer, deployments);
  const route = await ensureRoute(ctx, writer, key);
  return {
    ...revision,
    latest: revision.latest ?? newestThatIsThere(fn, deployments),
    problems: { ...revision.problems, ...route },
  };
}

async function ensureRevision(
  ctx: Context,
  writer: Writer,
  deployments: readonly Deployment[],
): Promise<ChildrenResult> {
  const target = await orProblem(ctx.desired.of(writer));
  if ('problem' in target) return { deployments, problems: target.problem };
  const { revision, source, configMapHash } = target.value;
  const before = { deployments, configMapHash };
  if (source === undefined) return await ensurePods(ctx, writer, { before, target: target.value, bundle: undefined });
  const bundle = await orProblem(ctx.bundles.ensure(writer, source, deployments));
  if ('problem' in bundle) return { ...before, problems: bundle.problem };
  if (bundle.value !== undefined)
    return await ensurePods(ctx, writer, { before, target: target.value, bundle: bundle.value });
  // An upgrade compiles anew what runs: then the revision is there, and stays as it is until that is done.
  const isThere = deployments.some((deployment) => deployment.metadata?.name === revision);
  return { ...before, ...(isThere ? { latest: revision, problems: {} } : { problems: { compiling: true } }) };
}

interface Ensured {
  before: Pick<ChildrenResult, 'deployments' | 'configMapHash'>;
  target: DesiredRevision;
  /** Undefined: it is an image. */
  bundle: BundleRef | undefined;
}

/** The Deployment of the newest revision, as it is asked for. */
async function ensurePods(ctx: Context, writer: Writer, { before, target, bundle }: Ensured): Promise<ChildrenResult> {
  const notes: Problems = bundle?.notes === undefined ? {} : { sourceNotes: bundle.notes };
  const ensured = await orProblem(ensureDeploymentOf(ctx, writer, target, bundle));
  if ('problem' in ensured) return { ...before, bundle, problems: { ...notes, ...ensured.problem } };
  const { deployment, replacedBundle, againInMs } = ensured.value;
  const others = before.deployments.filter((other) => other.metadata?.name !== target.revision);
  return {
    ...before,
    latest: target.revision,
    deployments: [...others, deployment],
    bundle,
    replacedBundle,
    againInMs,
    problems: notes,
  };
}

async function ensureDeploymentOf(
  ctx: Context,
  writer: Writer,
  { revision, source }: DesiredRevision,
  bundle: BundleRef | undefined,
): Promise<{ deployment: Deployment; replacedBundle: boolean; againInMs: number | undefined }> {
  const { fn } = writer;
  const payload: Payload =
    bundle === undefined
      ? { kind: 'image', image: fn.spec.image ?? '' }
      : { kind: 'source', bundle, runtimeImage: ctx.config.CATNAP_RUNTIME_IMAGE };
  const known = ctx.children.deployments.get(functionKey(fn.metadata.namespace, fn.metadata.name), revision);
  const before = known && bundleOf(known);
  // One that another version of the compiler made cannot be made again: its pods have to take the new one.
  const lost = before !== undefined && !isSame(before, bundle) && !(await ctx.bundles.isIntact(writer, before));
  const desired = revisionDeployment(fn, revision, payload, source?.hash);
  const current = await ensureDeployment(writer, desired, known, { evenAwake: lost });
  const { deployment, note, againInMs } = await ctx.drift.putBack(writer, desired, current);
  if (note !== undefined) ctx.events.record(fn, { type: 'Warning', reason: 'DriftRepaired', message: note });
  const replacedBundle = before !== undefined && !isSame(before, bundleOf(deployment));
  return { deployment, replacedBundle, againInMs };
}

/** What the user must mend, as a problem; any other error goes on. */
async function orProblem<T>(work: Promise<T>): Promise<{ value: T } | { problem: Problems }> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof SourceError) {
      return { problem: { sourceProblem: { reason: error.reason, message: error.message } } };
    }
    if (error instanceof ChildError) {
      return { problem: { revisionProblem: { reason: error.reason, message: error.message } } };
    }
    throw error;
  }
}

function isSame(one: BundleRef, other: BundleRef | undefined): boolean {
  return other !== undefined && bundleId(one) === bundleId(other);
}

/** While the spec makes no revision, the one before it still is the newest. */
function newestThatIsThere(fn: FunctionObject, deployments: readonly Deployment[]): string | undefined {
  const before = fn.status?.latestRevision;
  return deployments.some((deployment) => deployment.metadata?.name === before) ? before : undefined;
}

async function ensureRoute(
  ctx: Context,
  writer: Writer,
  key: string,
): Promise<Pick<Observation, 'routeProblem' | 'serviceRefused'>> {
  const { fn } = writer;
  const { CATNAP_GATEWAY_SERVICE, CATNAP_SYSTEM_NAMESPACE, CATNAP_CLUSTER_DOMAIN } = ctx.config;
  const desired = functionService(fn, {
    service: CATNAP_GATEWAY_SERVICE,
    namespace: CATNAP_SYSTEM_NAMESPACE,
    clusterDomain: CATNAP_CLUSTER_DOMAIN,
  });
  try {
    const serviceRefused = await ensureService(writer, desired, ctx.children.services.get(key, fn.metadata.name));
    return serviceRefused === undefined ? {} : { serviceRefused };
  } catch (error) {
    if (error instanceof ChildError) return { routeProblem: { reason: 'NameTaken', message: error.message } };
    throw error;
  }
}
