import { CONTAINER, LABEL, PORT, RUNTIME_ENV } from '#api/names.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { type ContainerStatus, type StartFailure, startFailure } from '#api/rules/start-failure.ts';

/** A pod as it comes from the API server, as far as it matters here. */
export interface PodObject {
  metadata?: {
    name?: string;
    namespace?: string;
    uid?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
  };
  spec?: {
    nodeName?: string;
    hostNetwork?: boolean;
    containers?: {
      name?: string;
      ports?: { name?: string; containerPort: number }[];
      env?: { name: string }[];
      resources?: { limits?: { [name: string]: string } };
    }[];
  };
  status?: {
    phase?: string;
    podIP?: string;
    podIPs?: { ip?: string }[];
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** One pod of a function, as the data path sees it. */
export interface PodFacts {
  uid: string;
  name: string;
  /** `<namespace>/<name>` of its Function. */
  functionKey: string;
  revision: string;
  /** It has a node. */
  scheduled: boolean;
  /** Empty until the pod has one. */
  ip: string;
  port: number;
  /** `ready`: asked for its uid; `connect`: a connection is proof enough (it runs an image of the user's own). */
  probe: 'ready' | 'connect';
  /** It is terminating, or over: no new requests. */
  leaving: boolean;
  /** Why it does not start, for good or for now. Says nothing about a pod that has answered. */
  failure: StartFailure | undefined;
}

/** Undefined for a pod that belongs to no function. */
export function podFacts(pod: PodObject): PodFacts | undefined {
  const { uid, name, namespace, labels, deletionTimestamp } = pod.metadata ?? {};
  const functionName = labels?.[LABEL.function];
  const revision = labels?.[LABEL.revision];
  if (uid === undefined || name === undefined || namespace === undefined) return undefined;
  if (functionName === undefined || revision === undefined) return undefined;
  const containers = pod.spec?.containers ?? [];
  const container = containers.find((one) => one.name === CONTAINER) ?? containers[0];
  const status = pod.status ?? {};
  return {
    uid,
    name,
    functionKey: functionKey(namespace, functionName),
    revision,
    scheduled: pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '',
    ip: status.podIP ?? '',
    port: container?.ports?.find((port) => port.name === PORT.http.name)?.containerPort ?? PORT.http.number,
    probe: container?.env?.some((one) => one.name === RUNTIME_ENV.bundleChunks) ? 'ready' : 'connect',
    leaving: deletionTimestamp !== undefined || status.phase === 'Failed' || status.phase === 'Succeeded',
    failure: startFailure(pod, false),
  };
}
