import type { FunctionObject } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import type { EventRecorder } from '#platform/events.ts';
import type { Informer } from '#platform/informer.ts';
import type { KubeClient } from '#platform/kube.ts';
import type { Log } from '#platform/log.ts';
import type { Bundles } from './bundles.ts';
import type { Children } from './children-index.ts';
import type { OperatorConfig } from './config.ts';
import type { ConfigMapWatches } from './config-map-watches.ts';
import type { StatusBook } from './status-book.ts';

/** What a reconcile works with. */
export interface Context {
  kube: KubeClient;
  log: Log;
  config: OperatorConfig;
  functions: Informer<FunctionObject>;
  children: Children;
  configMaps: ConfigMapWatches;
  bundles: Bundles;
  statuses: StatusBook;
  events: EventRecorder;
  /** The autoscaler's last decision on a function, by uid. */
  scalingOf: (uid: string) => FunctionStatus['scaling'];
  /** Milliseconds since 1970. */
  nowMs: () => number;
}
