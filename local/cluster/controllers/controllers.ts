/** All controllers of the local cluster. */
import { type EventNote, EventRecorder } from '#platform/controller/event-recorder.ts';
import type { KubeObject, Pod } from '#platform/kube/resources.ts';
import type { Realism } from '../realism/realism.ts';
import type { Cluster, Recorder } from './cluster.ts';
import { startDeploymentController } from './deployment-controller.ts';
import { startDisruptionController } from './disruption-controller.ts';
import { startEndpointController } from './endpoint-controller.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { startJobController } from './job-controller.ts';
import { startLoadBalancerController } from './load-balancer-controller.ts';
import { startNamespaceController } from './namespace-controller.ts';
import { startPodGc } from './pod-gc.ts';
import { startReplicaSetController } from './replica-set-controller.ts';

interface ControllersOptions {
  cluster: Cluster;
  /** Names of the nodes there are. */
  nodes: ReadonlySet<string>;
  /** Called with each pod just before a controller deletes it. */
  beforeDelete: (pod: Pod) => void;
  /** EndpointSlices follow their pods as late as it says; absent: soon. */
  realism?: Realism | undefined;
}

/** News can wait: while a pod starts, the machine has better things to do. */
const NEWS_DELAY_MS = 400;

/** Starts them; the cluster's watches must have synced. */
export function startControllers({ cluster, nodes, beforeDelete, realism }: ControllersOptions): AsyncDisposable {
  const stack = new AsyncDisposableStack();
  const speaker = (component: string): Recorder =>
    patient(stack.use(new EventRecorder({ kube: cluster.kube, component, log: cluster.log })), stack);
  stack.use(startReplicaSetController({ cluster, beforeDelete, events: speaker('replicaset-controller') }));
  stack.use(startDeploymentController({ cluster, events: speaker('deployment-controller') }));
  stack.use(startJobController({ cluster, beforeDelete, events: speaker('job-controller') }));
  stack.use(startEndpointController(cluster, realism));
  stack.use(startLoadBalancerController(cluster));
  stack.use(startDisruptionController(cluster));
  stack.use(startNamespaceController({ cluster, beforeDelete }));
  stack.use(startPodGc(cluster, nodes));
  stack.use(new GarbageCollector({ cluster, beforeDelete }));
  return stack;
}

/** Says at once what went wrong, and a little later what went well. */
export function patient(recorder: Recorder, stack: AsyncDisposableStack): Recorder {
  const timers = new Set<NodeJS.Timeout>();
  stack.defer(() => {
    for (const timer of timers) clearTimeout(timer);
  });
  return {
    record(about: KubeObject, note: EventNote): void {
      if (note.type === 'Warning') {
        recorder.record(about, note);
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        recorder.record(about, note);
      }, NEWS_DELAY_MS);
      timers.add(timer);
    },
  };
}
