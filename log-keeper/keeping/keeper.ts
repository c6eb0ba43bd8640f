import { LABEL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import type { LogSink } from '#platform/pod-logs/container-log.ts';
import type { LogLine } from '#platform/pod-logs/log-line.ts';
import { type LogSource, PodLogs } from '#platform/pod-logs/pod-logs.ts';
import { StreamSlots } from '#platform/pod-logs/stream-slots.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import { type FunctionName, isFunctionName, type LogStore } from '../store/log-store.ts';
import type { StoredLine } from '../store/segment.ts';
import { LineBudget } from './line-budget.ts';

export interface KeeperOptions {
  kube: KubeClient;
  log: Log;
  store: LogStore;
  /** Undefined: all. */
  namespaces: readonly string[] | undefined;
  /** Streams that are open at once. */
  streams: number;
  metrics: InformerMetrics & { kept(bytes: number): void; dropped(): void; interrupted(): void };
}

const EXPIRE_MS = 60_000;

/** Follows the logs of all functions' pods into the store. */
export class Keeper implements AsyncDisposable {
  readonly slots: StreamSlots;
  readonly #options: KeeperOptions;
  readonly #budget = new LineBudget();
  readonly #pods: PodLogs;
  readonly #timer: NodeJS.Timeout;

  /** Starts at once. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.slots = new StreamSlots(options.streams);
    const { kube, log, store, namespaces, metrics } = options;
    this.#pods = new PodLogs({
      kube,
      log,
      metrics,
      namespaces,
      labelSelector: LABEL.function,
      slots: this.slots,
      sinkOf: (source) => this.#sinkOf(source),
      resume: (source, run) => store.resume(functionOf(source), { ...source, run }),
    });
    this.#timer = setInterval(() => this.#expire(), EXPIRE_MS);
  }

  get hasSynced(): boolean {
    return this.#pods.hasSynced;
  }

  get followed(): number {
    return this.#pods.followed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#pods[Symbol.asyncDispose]();
  }

  #expire(): void {
    const { store } = this.#options;
    store.expire();
    this.#budget.keepOnly((of) => store.has(of));
  }

  #sinkOf(source: LogSource): LogSink | undefined {
    const of = functionOf(source);
    if (!isFunctionName(of)) return undefined;
    const { log, metrics } = this.#options;
    return {
      line: (line, run, omittedBytes) => this.#keep({ of, source, run }, line, omittedBytes),
      paceMs: (bytes) => this.#budget.paceMs(of.namespace, bytes, performance.now()),
      interrupted: (error) => {
        metrics.interrupted();
        log.debug({ namespace: of.namespace, pod: source.pod, err: error }, 'a log stream broke');
      },
    };
  }

  #keep(
    from: { of: FunctionName; source: LogSource; run: number },
    { time, text }: LogLine,
    omittedBytes: number,
  ): void {
    const { store, metrics } = this.#options;
    const { of, source, run } = from;
    const bytes = Buffer.byteLength(text) + time.length;
    const { keep, dropped } = this.#budget.take(of, bytes, performance.now());
    if (!keep) {
      metrics.dropped();
      return;
    }
    const { pod, podUid, container, labels } = source;
    const stored = { pod, podUid, container, run, revision: labels[LABEL.revision] ?? '' };
    const notice = (about: string): StoredLine => ({ source: stored, kind: 'notice', time, text: about });
    if (dropped > 0)
      store.add(of, notice(`${dropped} lines are left out: more were written than a function may, 1 MiB a second`));
    store.add(of, { source: stored, kind: 'line', time, text });
    if (omittedBytes > 0)
      store.add(of, notice(`the line before goes on for ${omittedBytes} bytes, which are left out`));
    metrics.kept(bytes);
  }
}

function functionOf({ namespace, labels }: LogSource): FunctionName {
  return { namespace, name: labels[LABEL.function] ?? '' };
}
