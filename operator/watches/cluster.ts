import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import type { InformerOptions } from '#platform/informer/informer-options.ts';
import { type ObjectView, viewObjects } from '#platform/informer/object-view.ts';
import { PackedJson } from '#platform/informer/packed-json.ts';
import type { Selection } from '#platform/kube/calls.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  type EndpointSlice,
  type KubeObject,
  NETWORK_POLICIES,
  type NetworkPolicy,
  PODS,
  type Resource,
  SERVICES,
} from '#platform/kube/resources.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import type { OperatorConfig } from '../config.ts';
import { OUR_POLICIES } from '../network/policy.ts';
import { activatorUrls } from './activator-urls.ts';
import { AwakeFunctions } from './awake-functions.ts';
import { type Children, FunctionIndex } from './child-index.ts';
import { IDENTITY_PACKING, keepDeployment, keepIdentity, keepPod, keepService } from './kept-children.ts';
import { functionPacking, keepFunction } from './kept-function.ts';

/** Each is read through the schema when it comes, and may hold 192 KiB of source: no more than this at once. */
const FUNCTIONS_PAGE = 100;
/** Of each Deployment a digest is made, and both kinds are packed: a page is worked on in one turn of the event loop. */
const CHILDREN_PAGE = 100;

/** What is heard of the cluster. */
export interface Watches {
  functions: ObjectView<FunctionObject>;
  awake: AwakeFunctions;
  /** The metadata of all. */
  configMaps: ObjectView<KubeObject>;
  children: Children;
  /** Absent where none are kept. */
  policies: ObjectView<NetworkPolicy> | undefined;
  /** Base URLs of the activators' operational ports. */
  activators: () => string[];
  /** Resolves when all of it was read. */
  synced: Promise<void>;
}

export interface WatchOptions {
  kube: KubeClient;
  config: OperatorConfig;
  log: Log;
  metrics: InformerMetrics;
  lifecycle: Pick<Lifecycle, 'onStop'>;
  /** Called with a function's key when one of its children has changed. */
  onChild: (key: string) => void;
}

/** Starts to follow the Functions that are this operator's, their children, and the activators. */
export function watchCluster({ kube, config, log, metrics, lifecycle, onChild }: WatchOptions): Watches {
  const all: Promise<void>[] = [];
  const follow = <T extends KubeObject>(
    resource: Resource<T>,
    selection: Selection & Pick<InformerOptions<T>, 'keep' | 'packing' | 'pageSize'> = {},
    namespaces = config.CATNAP_NAMESPACES,
  ): ObjectView<T> => {
    const view = viewObjects<T>({ kube, resource, log, metrics, ...selection }, namespaces);
    lifecycle.onStop(`watch of ${resource.plural}`, () => view[Symbol.asyncDispose]());
    all.push(view.synced);
    return view;
  };
  const ours = { labelSelector: LABEL.function };
  const keepsPolicies = config.CATNAP_NETWORK_POLICY !== undefined;
  const functions = follow<FunctionObject>(FUNCTIONS, {
    keep: keepFunction,
    packing: functionPacking(),
    pageSize: FUNCTIONS_PAGE,
  });
  const deployments = follow(DEPLOYMENTS, {
    ...ours,
    keep: keepDeployment,
    packing: new PackedJson(),
    pageSize: CHILDREN_PAGE,
  });
  const watches = {
    functions,
    awake: new AwakeFunctions(functions, deployments),
    configMaps: follow(CONFIG_MAPS as Resource, { metadataOnly: true, keep: keepIdentity, packing: IDENTITY_PACKING }),
    children: {
      deployments: new FunctionIndex(deployments, onChild),
      pods: new FunctionIndex(follow(PODS, { ...ours, keep: keepPod }), onChild),
      services: new FunctionIndex(
        follow(SERVICES, { ...ours, keep: keepService, packing: new PackedJson(), pageSize: CHILDREN_PAGE }),
        onChild,
      ),
    },
    policies: keepsPolicies ? follow(NETWORK_POLICIES, { labelSelector: OUR_POLICIES }) : undefined,
    activators: findActivators(config, (labelSelector) =>
      follow(ENDPOINT_SLICES, { labelSelector }, [config.CATNAP_SYSTEM_NAMESPACE]),
    ),
  };
  return { ...watches, synced: Promise.all(all).then(() => undefined) };
}

function findActivators(
  config: OperatorConfig,
  follow: (labelSelector: string) => ObjectView<EndpointSlice>,
): () => string[] {
  const fixed = config.CATNAP_ACTIVATOR_URLS;
  if (fixed !== undefined) return () => fixed;
  const slices = follow(`kubernetes.io/service-name=${config.CATNAP_ACTIVATOR_SERVICE}`);
  return () => activatorUrls(slices.list());
}
