import type { Change } from '../informer/object-cache.ts';
import { type ObjectView, viewObjects } from '../informer/object-view.ts';
import type { KubeClient } from '../kube/client.ts';
import { PODS, type Pod } from '../kube/resources.ts';
import type { Log } from '../process/log.ts';
import type { InformerMetrics } from '../process/metrics.ts';
import { ContainerLog, type LogSink } from './container-log.ts';
import { type ContainerState, containerStates, keepForLogs } from './container-states.ts';
import type { ResumePoint } from './resume-point.ts';
import type { StreamSlots } from './stream-slots.ts';

/** A container whose log is followed. */
export interface LogSource {
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
  /** Of the pod. */
  labels: Readonly<Record<string, string>>;
}

export interface PodLogsOptions {
  kube: KubeClient;
  log: Log;
  metrics?: InformerMetrics;
  /** Undefined: all. */
  namespaces: readonly string[] | undefined;
  labelSelector: string;
  slots: StreamSlots;
  /** Undefined: this one is not followed. */
  sinkOf: (source: LogSource) => LogSink | undefined;
  resume?: (source: LogSource, run: number) => ResumePoint | undefined;
}

/** Follows the logs of all containers of the pods with some label, as these come and go. */
export class PodLogs implements AsyncDisposable {
  readonly #options: PodLogsOptions;
  readonly #pods: ObjectView<Pod>;
  /** By the pod's uid, then by container. */
  readonly #logs = new Map<string, Map<string, ContainerLog>>();

  /** Starts at once. */
  constructor(options: PodLogsOptions) {
    this.#options = options;
    const { kube, log, metrics, labelSelector, namespaces } = options;
    const what = { kube, log, resource: PODS, labelSelector, keep: keepForLogs, ...(metrics && { metrics }) };
    this.#pods = viewObjects<Pod>(what, namespaces);
    this.#pods.onChange((change) => this.#take(change));
  }

  get hasSynced(): boolean {
    return this.#pods.hasSynced;
  }

  /** Containers that are followed. */
  get followed(): number {
    let count = 0;
    for (const logs of this.#logs.values()) count += logs.size;
    return count;
  }

  /** Ends all streams. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pods[Symbol.asyncDispose]();
    const logs = [...this.#logs.values()].flatMap((of) => [...of.values()]);
    await Promise.all(logs.map((one) => one[Symbol.asyncDispose]()));
  }

  #take({ type, object }: Change<Pod>): void {
    const uid = object.metadata?.uid ?? '';
    if (type === 'deleted') {
      this.#forget(uid);
      return;
    }
    const logs = this.#logs.get(uid) ?? new Map<string, ContainerLog>();
    this.#logs.set(uid, logs);
    for (const [container, state] of containerStates(object)) {
      const known = logs.get(container);
      if (known !== undefined) known.update(state);
      else this.#follow(sourceOf(object, container), logs, state);
    }
  }

  #follow(source: LogSource, logs: Map<string, ContainerLog>, state: ContainerState): void {
    const { kube, slots, sinkOf, resume } = this.#options;
    const sink = sinkOf(source);
    if (sink === undefined) return;
    const { namespace, pod, container } = source;
    const options = { kube, slots, sink, container, pod: { namespace, name: pod } };
    const more = resume === undefined ? {} : { resume: (run: number) => resume(source, run) };
    logs.set(container, new ContainerLog({ ...options, ...more }, state));
  }

  /** Each is read to its end first. */
  #forget(uid: string): void {
    const logs = this.#logs.get(uid);
    if (logs === undefined) return;
    for (const log of logs.values()) log.gone();
    void Promise.all([...logs.values()].map(({ done }) => done)).then(() => this.#logs.delete(uid));
  }
}

function sourceOf({ metadata = {} }: Pod, container: string): LogSource {
  const { namespace = '', name: pod = '', uid: podUid = '', labels = {} } = metadata;
  return { namespace, pod, podUid, container, labels };
}
