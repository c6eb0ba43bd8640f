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

/** What became of the children. */
export interface Made {
  /** The newest revision there is; absent: none. */
  latest?: string | undefined;
  /** The function's own, the one just written included. */
  deployments: Deployment[];
  /** See DesiredRevision. */
  configMapHash?: string | undefined;
  /** The bundle of the newest revision, when it was made sure of. */
  bundle?: BundleRef;
  /** The newest revision was there, with a bundle of another version of the operator: it has `bundle` instead now. */
  replacedBundle?: boolean;
  /** A child is to be looked at again then, in milliseconds. */
  againInMs?: number;
  problems: Pick<
    Observation,
    'sourceProblem' | 'sourceNotes' | 'compiling' | 'revisionProblem' | 'routeProblem' | 'serviceRefused'
  >;
}

/**
 * Makes the Service, the bundle and the Deployment that the spec asks for. What the user must mend is a problem in the
 * result; the revisions there were stay as they are.
 */
export async function ensureChildren(ctx: Context, writer: Writer): Promise<Made> {
  const { fn } = writer;
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  const deployments = ctx.children.deployments.of(key).filter((deployment) => isControlledBy(deployment, fn));
  const made: Made = { deployments, problems: {} };
  try {
    await ensureRevision(ctx, writer, await ctx.desired.of(writer), made);
  } catch (error) {
    if (error instanceof SourceError) made.problems.sourceProblem = { reason: error.reason, message: error.message };
    else if (error instanceof ChildError)
      made.problems.revisionProblem = { reason: error.reason, message: error.message };
    else throw error;
  }
  made.latest ??= newestThatIsThere(fn, deployments);
  Object.assign(made.problems, await ensureRoute(ctx, writer, key));
  return made;
}

async function ensureRevision(ctx: Context, writer: Writer, target: DesiredRevision, made: Made): Promise<void> {
  const { fn } = writer;
  const { revision, source } = target;
  made.configMapHash = target.configMapHash;
  let payload: Payload = { kind: 'image', image: fn.spec.image ?? '' };
  if (source !== undefined) {
    const bundle = await ctx.bundles.ensure(writer, source, made.deployments);
    if (bundle === undefined) {
      // An upgrade compiles anew what runs: then the revision is there, and stays as it is until that is done.
      if (made.deployments.some((deployment) => deployment.metadata?.name === revision)) made.latest = revision;
      else made.problems.compiling = true;
      return;
    }
    made.bundle = bundle;
    if (bundle.notes !== undefined) made.problems.sourceNotes = bundle.notes;
    payload = { kind: 'source', bundle, runtimeImage: ctx.config.CATNAP_RUNTIME_IMAGE };
  }
  const known = ctx.children.deployments.get(functionKey(fn.metadata.namespace, fn.metadata.name), revision);
  const before = known && bundleOf(known);
  // One that another version of the compiler made cannot be made again: its pods have to take the new one.
  const lost = before !== undefined && !isSame(before, made.bundle) && !(await ctx.bundles.isIntact(writer, before));
  const desired = revisionDeployment(fn, revision, payload, source?.hash);
  const current = await ensureDeployment(writer, desired, known, { evenAwake: lost });
  const { deployment, note, againInMs } = await ctx.drift.putBack(writer, desired, current);
  if (note !== undefined) ctx.events.record(fn, { type: 'Warning', reason: 'DriftRepaired', message: note });
  if (againInMs !== undefined) made.againInMs = againInMs;
  made.replacedBundle = before !== undefined && !isSame(before, bundleOf(deployment));
  made.latest = revision;
  made.deployments = [...made.deployments.filter((other) => other.metadata?.name !== revision), deployment];
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
