/** What the activator keeps in memory of the objects that it follows: all but what only replicas are made of. */
import type { FunctionObject } from '#api/function.ts';
import { RUNTIME_ENV } from '#api/names.ts';
import { leanMetadata } from '#platform/lean-metadata.ts';
import type { Pod } from '#platform/resources.ts';
import { sharedFields, sharedPart, shareStrings } from '#platform/shared-values.ts';

export function keepFunction(stored: FunctionObject): FunctionObject {
  const { source: _, env: __, envFrom: ___, ...spec } = stored.spec;
  const { status } = stored;
  return shareStrings({
    ...stored,
    metadata: leanMetadata(stored.metadata),
    spec: sharedFields(spec),
    ...(status && {
      status: { ...status, ...(status.conditions && { conditions: status.conditions.map(sharedPart) }) },
    }),
  });
}

/** Of its containers, what podState looks at. */
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
