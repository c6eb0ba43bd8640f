/** The scheduler of the one node: where a pod goes, or why it goes nowhere yet. */
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import type { Cluster, Recorder } from '../controllers/cluster.ts';
import { POD_BINDINGS } from '../controllers/kinds.ts';
import type { ClaimedVolumes } from '../volumes/claimed-volumes.ts';
import { misfit, type NodeFacts } from './scheduling.ts';

interface SchedulerOptions {
  cluster: Cluster;
  claimed: Pick<ClaimedVolumes, 'problem'>;
  /** The one there is. */
  node: NodeFacts;
  events: Recorder;
  signal: AbortSignal;
}

const RETRY_MS = 200;

export class Scheduler {
  readonly #options: SchedulerOptions;
  /** Pods that cannot be placed as long as their claims, and who uses them, are as they are; by uid. */
  readonly #waiting = new Map<string, { namespace: string | undefined; name: string }>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /**
   * Whether the pod can be on the node now. When not, it is told why, and where that may change it waits.
   * @param placed the pods that are on the node and not over
   */
  fits(pod: Pod, placed: () => Iterable<Pod>): boolean {
    const { claimed, node } = this.#options;
    const { namespace, name = '', uid = '' } = pod.metadata ?? {};
    const problem = claimed.problem(pod, placed);
    if (problem !== undefined) this.#waiting.set(uid, { namespace, name });
    const why = misfit(pod, node, problem);
    if (why !== undefined) void this.#refuse(pod, why);
    return why === undefined && problem === undefined;
  }

  /** The pods that wait, as they are now; they do no longer. */
  takeWaiting(): Pod[] {
    const { pods } = this.#options.cluster;
    const found = [...this.#waiting].flatMap(([uid, { namespace, name }]) => {
      const pod = pods.get(namespace, name);
      return pod?.metadata?.uid === uid ? [pod] : [];
    });
    this.#waiting.clear();
    return found;
  }

  /** Tells the API server that the pod is on the node; again until it knows, as long as `wanted`. Never rejects. */
  async bind(pod: Pod, wanted: () => boolean): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const { cluster, events, signal } = this.#options;
    const node = this.#options.node.name;
    const binding = { metadata: { namespace, name, uid }, target: { apiVersion: 'v1', kind: 'Node', name: node } };
    for (let bound = false; !bound && !signal.aborted && wanted(); ) {
      try {
        await cluster.kube.create(POD_BINDINGS, binding, { subresource: 'binding', signal });
        const message = `Successfully assigned ${namespace}/${name} to ${node}`;
        events.record(pod, { type: 'Normal', reason: 'Scheduled', message });
        bound = true;
      } catch (error) {
        // Deleted meanwhile: the watch tells, and ends it.
        if (isNotFound(error) || isConflict(error)) return;
        cluster.log.warn({ pod: name, err: error, retryInMs: RETRY_MS }, 'binding failed');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Says in the pod's status, and in an Event, why it is not placed. What is known already is not said again. */
  async #refuse(pod: Pod, message: string): Promise<void> {
    const { cluster, events, signal } = this.#options;
    const { namespace, name = '' } = pod.metadata ?? {};
    const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (known?.message === message) return;
    events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
    const body = { status: { phase: 'Pending', conditions: [condition] } };
    try {
      await cluster.kube.patch(PODS, { namespace, name }, { type: 'merge', body }, { subresource: 'status', signal });
    } catch (error) {
      if (!isNotFound(error)) cluster.log.warn({ pod: name, err: error }, 'pod status not written');
    }
  }
}
