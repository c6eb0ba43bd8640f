import type { Selection } from '../kube/calls.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, Resource } from '../kube/resources.ts';
import type { Log } from '../process/log.ts';
import type { InformerMetrics } from '../process/metrics.ts';
import type { Packing } from './object-cache.ts';

export interface InformerOptions<T extends KubeObject> extends Selection {
  kube: KubeClient;
  resource: Resource<T>;
  log: Log;
  metrics?: InformerMetrics;
  /**
   * What is kept in memory, and told, of an object: what nothing reads need not be held. The metadata's name, namespace,
   * uid and resourceVersion have to stay. Default: all of it.
   */
  keep?: (object: T) => T;
  /** How objects are held in memory; default: as they are. With it, each that is read is a new object. */
  packing?: Packing<T>;
  /** Objects per page of a list: what is in memory at once while it is read; default 500. */
  pageSize?: number;
  timing?: Partial<InformerTiming>;
}

export interface InformerTiming {
  /** When the server is asked to end each watch, in seconds; up to a tenth is added at random. */
  watchSeconds: number;
  /** Silence, not even a bookmark, after which a watch is taken for dead. API servers send a bookmark about each minute. */
  idleMs: number;
  /** Backoff after failures. The longest pause is what a recovered server may have to wait for us. */
  baseMs: number;
  maxMs: number;
}

export const TIMING: InformerTiming = { watchSeconds: 290, idleMs: 75_000, baseMs: 200, maxMs: 5_000 };

export function selectionOf(options: Selection): Selection {
  const { namespace, labelSelector, fieldSelector, metadataOnly } = options;
  return { namespace, labelSelector, fieldSelector, metadataOnly };
}
