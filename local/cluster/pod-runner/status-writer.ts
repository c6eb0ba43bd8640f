/** Tells the API server how a pod stands: always the latest, one call at a time. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound, KubeError } from '#platform/kube/error.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import { pause } from '#platform/time/deadline.ts';
import type { Realism } from '../realism/realism.ts';
import type { PodStatus } from './pod-status.ts';

const RETRY_MS = 200;

interface StatusWriterDeps {
  kube: KubeClient;
  log: Log;
  pod: Pod;
  signal: AbortSignal;
  /** The status as it is when a call is about to be made. */
  build: () => PodStatus;
  /** How late a status is; absent: not at all. */
  realism?: Realism | undefined;
}

export class StatusWriter {
  readonly #kube: KubeClient;
  readonly #log: Log;
  readonly #pod: Pod;
  readonly #signal: AbortSignal;
  readonly #build: () => PodStatus;
  readonly #realism: Realism | undefined;
  #written: PodStatus | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: StatusWriterDeps) {
    this.#kube = deps.kube;
    this.#log = deps.log;
    this.#pod = deps.pod;
    this.#signal = deps.signal;
    this.#build = deps.build;
    this.#realism = deps.realism;
  }

  /** Resolves when the API server has the status as it is now, or the pod is gone. */
  write(): Promise<void> {
    const before = this.#running ?? Promise.resolve();
    // A call that is under way has an older status: one more follows it, for all who ask meanwhile.
    this.#running = before.then(() => this.#send());
    return this.#running;
  }

  async #send(): Promise<void> {
    while (!this.#signal.aborted) {
      const status = this.#build();
      if (isDeepStrictEqual(status, this.#written)) return;
      await this.#beLate(status);
      try {
        await this.#patch(status);
        this.#written = status;
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (error instanceof KubeError && error.status >= 400 && error.status < 500) {
          this.#log.error({ pod: this.#pod.metadata?.name, err: error }, 'pod status refused');
          return;
        }
        await pause(RETRY_MS, this.#signal);
      }
    }
  }

  /** What changes meanwhile is another call's: it has asked for one. */
  async #beLate(status: PodStatus): Promise<void> {
    if (this.#realism === undefined) return;
    const becomesReady = isReady(status) && !isReady(this.#written);
    await pause(this.#realism.lateMs(becomesReady ? 'readiness' : 'podStatus'), this.#signal);
  }

  async #patch(status: PodStatus): Promise<void> {
    const { namespace, name = '', uid = '' } = this.#pod.metadata ?? {};
    // The uid is a precondition: never the status of a namesake.
    const body = { metadata: { uid }, status };
    await this.#kube.patch(
      PODS,
      { namespace, name },
      { type: 'merge', body },
      { subresource: 'status', signal: this.#signal },
    );
  }
}

function isReady(status: PodStatus | undefined): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
