import { LABEL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import type { FunctionNames, ShownLine } from './dev-cluster.ts';

interface PodLogsOptions {
  kube: Pick<KubeClient, 'listAll' | 'podLogStream'>;
  functions: FunctionNames;
  shown: ShownLine;
  say: (line: string) => void;
}

/** How often it is looked for new pods, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** A longer line is cut. */
const LINE_MAX_BYTES = 64 * 1024;

/** What the pods of functions write, each followed from its first line for as long as it runs. */
export class PodLogs implements AsyncDisposable {
  readonly #options: PodLogsOptions;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  /** Runs of containers whose logs are or were followed, by uid and number of restarts. */
  readonly #followed = new Set<string>();

  constructor(options: PodLogsOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const [namespace, names] of this.#options.functions) {
        // The next look comes soon.
        await this.#look(namespace, names).catch(() => undefined);
      }
      await pause(LOOK_EVERY_MS, signal);
    }
  }

  async #look(namespace: string, names: readonly string[]): Promise<void> {
    const { signal } = this.#stop;
    const labelSelector = `${LABEL.function} in (${names.join(',')})`;
    const { items } = await this.#options.kube.listAll(PODS, { namespace, labelSelector, signal });
    for (const pod of items) {
      const run = runOf(pod);
      if (run === undefined || this.#followed.has(run)) continue;
      this.#followed.add(run);
      void this.#follow(pod).catch(() => this.#followed.delete(run));
    }
  }

  async #follow(pod: Pod): Promise<void> {
    const { kube, shown, say } = this.#options;
    const { name = '', namespace = '' } = pod.metadata ?? {};
    const lines = new LineBuffer((text) => {
      const line = shown(text, { name, namespace });
      if (line !== undefined) say(line);
    });
    for await (const bytes of kube.podLogStream({ namespace, name }, { follow: true, signal: this.#stop.signal }))
      lines.add(bytes);
    lines.end();
  }
}

/** Undefined: it has not started. */
function runOf({ metadata, status }: Pod): string | undefined {
  const container = status?.containerStatuses?.[0];
  const isThere = container?.state?.running !== undefined || container?.state?.terminated !== undefined;
  return isThere ? `${metadata?.uid} ${container?.restartCount}` : undefined;
}

class LineBuffer {
  readonly #line: (text: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  add(bytes: Uint8Array): void {
    const parts = `${this.#rest}${this.#decoder.decode(bytes, { stream: true })}`.split('\n');
    this.#rest = (parts.pop() ?? '').slice(0, LINE_MAX_BYTES);
    for (const part of parts) this.#line(part);
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
  }
}
