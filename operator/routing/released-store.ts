import { setTimeout as rest } from 'node:timers/promises';
import { FIELD_MANAGER } from '#api/names.ts';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isAborted, isKubeError, isNotFound } from '#platform/kube/error.ts';
import { CONFIG_MAPS, type ConfigMap } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import {
  type ReleasedHost,
  type ReleasedHosts,
  readReleased,
  remembered,
  writeReleased,
} from '../function/released-hosts.ts';

interface ReleasedStoreOptions {
  kube: KubeClient;
  log: Log;
  namespace: string;
  /** Of the ConfigMap; undefined: nothing is kept beyond this process. */
  name: string | undefined;
  /** What there is to be kept. */
  released: () => ReleasedHosts;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

/** Least time between two writes, in milliseconds: what changes meanwhile is written together. */
const WRITE_AGAIN_MS = 200;
const LAST_WRITE_MS = 3_000;
const LOAD_AGAIN_MS = 1_000;
const KEY = 'hosts';

/** Hosts that namespaces let go of, kept in a ConfigMap so that the next operator knows them. */
export class ReleasedStore implements AsyncDisposable {
  readonly #options: ReleasedStoreOptions;
  readonly #queue: WorkQueue;
  #unwritten = false;

  constructor(options: ReleasedStoreOptions) {
    this.#options = options;
    const { log } = options;
    this.#queue = new WorkQueue({
      name: 'released hosts',
      run: (_, signal) => this.#writeAndRest(signal),
      concurrency: 1,
      log,
    });
  }

  /** What is to be kept is written at once, or with what changes while a write is under way. */
  changed(): void {
    if (this.#options.name === undefined) return;
    this.#unwritten = true;
    this.#queue.add(KEY);
  }

  /** What was kept. Tries until the API server answers or `signal` aborts; where it may not be read, none is known. */
  async load(signal: AbortSignal): Promise<Map<string, ReleasedHost>> {
    const { kube, log, namespace, name, nowMs } = this.#options;
    if (name === undefined) return new Map();
    while (!signal.aborted) {
      try {
        const { data } = await kube.get(CONFIG_MAPS, { namespace, name }, { signal });
        return readReleased(data?.[KEY] ?? '', nowMs());
      } catch (error) {
        if (isNotFound(error) || isAborted(error)) break;
        log.warn({ configMap: `${namespace}/${name}`, err: error }, 'released hosts not read');
        if (isKubeError(error, 403)) break;
        await rest(LOAD_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return new Map();
  }

  /** Writes what is not written yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
    if (!this.#unwritten) return;
    await this.#write(AbortSignal.timeout(LAST_WRITE_MS)).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'released hosts not written');
    });
  }

  async #writeAndRest(signal: AbortSignal): Promise<undefined> {
    await this.#write(signal);
    await rest(WRITE_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { kube, namespace, name = '', released, nowMs } = this.#options;
    this.#unwritten = false;
    const data = { [KEY]: writeReleased(remembered(released(), nowMs())) };
    const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
    try {
      await kube.apply(CONFIG_MAPS, object, { fieldManager: FIELD_MANAGER.operator, signal });
    } catch (error) {
      this.#unwritten = true;
      throw error;
    }
  }
}
