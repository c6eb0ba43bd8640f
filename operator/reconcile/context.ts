import type { FunctionObject } from '#api/function.ts';
import type { EventRecorder } from '#platform/controller/event-recorder.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import type { Log } from '#platform/process/log.ts';
import type { OperatorConfig } from '../config.ts';
import type { IssuerReach } from '../issuers/issuer-reach.ts';
import type { Routing } from '../routing/routing.ts';
import type { Scaling } from '../scaling/options.ts';
import type { ReplicaWriter } from '../scaling/replica-writer.ts';
import type { RoutedRevisions } from '../scaling/routed-revisions.ts';
import type { Children } from '../watches/child-index.ts';
import type { ReferencedConfigMaps } from '../watches/config-maps.ts';
import type { BundleStore } from './bundle-store.ts';
import type { DesiredRevisions } from './desired-revision.ts';
import type { DriftRepair } from './drift-repair.ts';
import type { FailingPods } from './failing-pods.ts';
import type { StatusWriter } from './status-writer.ts';
import type { TrialSlots } from './trial-slots.ts';

/** What a reconcile works with. */
export interface Context {
  kube: KubeClient;
  log: Log;
  config: OperatorConfig;
  functions: ObjectView<FunctionObject>;
  children: Children;
  configMaps: ReferencedConfigMaps;
  desired: DesiredRevisions;
  bundles: BundleStore;
  drift: DriftRepair;
  statuses: StatusWriter;
  failingPods: FailingPods;
  trialSlots: TrialSlots;
  routed: RoutedRevisions;
  routing: Routing;
  issuers: IssuerReach;
  events: EventRecorder;
  replicas: ReplicaWriter;
  /** Most replicas that a function's serving revision may have for now, by uid: it makes room for the newest. */
  rolloutLimits: Map<string, number>;
  /** The autoscaler's last decision on a function, by uid. */
  scalings: Map<string, Scaling>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}
