/** What the activator keeps in memory of the objects that it watches. */
import type { FunctionObject } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { RUNTIME_ENV } from '#api/names.ts';
import { acceptedRoutes } from '#api/rules/route.ts';
import { leanMetadata } from '#platform/informer/lean-metadata.ts';
import { sharedPart, shareStrings } from '#platform/informer/shared-values.ts';
import type { Pod } from '#platform/kube/resources.ts';
import { policySpecOf } from '../policy/policy-spec.ts';
import type { ServedFunction, ServedStatus } from '../routing/function-config.ts';

/** Conditions whose messages callers get when a function does not answer. */
const FAILURES: ReadonlySet<string> = new Set(['SourceReady', 'RevisionReady']);

/**
 * What requests are decided by: a few numbers, the routes that lead to it, and what is wrong with it. Functions whose
 * numbers are equal have one spec in memory.
 */
export function keepFunction({ metadata, spec, status }: FunctionObject): FunctionObject {
  const { namespace, name, uid, resourceVersion, deletionTimestamp } = metadata;
  const { concurrency, queue, scaling, timeoutSeconds, timeouts, maxBodyBytes, async } = spec;
  const kept: ServedFunction = {
    metadata: { namespace, name, uid, resourceVersion, ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
    spec: sharedPart({
      ...{ concurrency, queue, scaling, timeoutSeconds, timeouts, maxBodyBytes },
      ...(async && { async: { mode: async.mode, maxBodyBytes: async.maxBodyBytes } }),
      ...policySpecOf(spec),
    }),
    ...(status && { status: keepStatus(status) }),
  };
  return shareStrings(kept) as FunctionObject;
}

function keepStatus({
  revision,
  latestRevision,
  overtaken,
  routes,
  conditions,
  scaling,
  failedStarts,
}: FunctionStatus): ServedStatus {
  const failed = conditions?.filter(({ type, status }) => status === 'False' && FAILURES.has(type)) ?? [];
  return {
    revision,
    latestRevision,
    ...(overtaken && { overtaken }),
    routes: acceptedRoutes({ routes }).map(({ host, pathPrefix, since }) => ({
      host,
      pathPrefix,
      since,
      accepted: true,
    })),
    conditions: failed.length > 0 ? failed : undefined,
    scaling,
    failedStarts,
  };
}

/** Of its containers, what `podFacts` reads. */
export function keepPod({ metadata = {}, spec, status }: Pod): Pod {
  const containers = spec?.containers.map(({ name, ports, env = [] }) => ({
    name,
    ...(ports && { ports }),
    env: env.filter((one) => one.name === RUNTIME_ENV.bundleChunks),
  }));
  return {
    metadata: leanMetadata(metadata),
    ...(containers && {
      spec: {
        containers,
        ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }),
        ...(spec?.hostNetwork === true && { hostNetwork: true }),
      },
    }),
    ...(status && { status }),
  };
}
