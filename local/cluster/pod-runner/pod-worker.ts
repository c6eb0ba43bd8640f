// Longer than 250 lines: a pod's states and the moves between them stand side by side.
/** One pod on this node, from its start to its end. */

import type { EventNote } from '#platform/controller/event-recorder.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import { pause } from '#platform/time/deadline.ts';
import type { Realism } from '../realism/realism.ts';
import { ContainerRunner } from './container.ts';
import type { EnvSources } from './container-env.ts';
import type { PodFacts } from './downward.ts';
import type { LocalImages } from './images.ts';
import type { LogSource } from './log-server.ts';
import type { Container, MountPrefix, PodContext } from './pod-context.ts';
import { type ContainerStatus, type PodStatus, podStatus } from './pod-status.ts';
import { VolumeSetupError } from './pod-volumes.ts';
import { StatusWriter } from './status-writer.ts';

export interface PodWorkerDeps {
  kube: KubeClient;
  log: Log;
  images: LocalImages;
  /** Folder in which mapped commands run. */
  cwd: string;
  sources(pod: Pod, container: Container): EnvSources | Promise<EnvSources>;
  /** Throws a VolumeSetupError as long as a volume is not to be had. */
  volumes(facts: PodFacts, podDir: string): Promise<MountPrefix>;
  /** File with the names and addresses of Services. */
  hostsFile(namespace: string): string;
  /** A port of this machine that nothing listens on, for a program that was to listen on `declared`. */
  freePort(declared: number): number;
  serviceLinks(pod: Pod): ReadonlyMap<string, string>;
  event(pod: Pod, note: EventNote): void;
  /** The worker is through with the pod. */
  finished(pod: Pod): void;
  /** How late statuses are; absent: not at all. */
  realism: Realism | undefined;
  /** The pod is on its way out: nothing of it is started any more. */
  ending: boolean;
}

const VOLUME_RETRY_MS = { first: 500, max: 122_000 };
const DELETE_RETRY_MS = 200;

export class PodWorker {
  readonly facts: PodFacts;
  readonly #deps: PodWorkerDeps;
  readonly #dir: string;
  readonly #status: StatusWriter;
  readonly #gone = new AbortController();
  readonly #ending = new AbortController();
  readonly #startTime: string;
  #pod: Pod;
  #mountPrefix: MountPrefix = () => [];
  /** Pending as long as the volumes are not there: what runs already goes on, nothing is started. */
  #volumes: Promise<void> | undefined;
  #init: ContainerRunner[] = [];
  #containers: ContainerRunner[] = [];
  /** What its deletion has given it. */
  #graceMs = 0;
  #published: PodStatus | undefined;
  #work: Promise<void>;

  /** Starts at once; `facts.pod` is the pod as it was then. */
  constructor(facts: PodFacts, dir: string, deps: PodWorkerDeps) {
    this.facts = facts;
    this.#pod = facts.pod;
    this.#dir = dir;
    this.#deps = deps;
    this.#startTime = facts.pod.status?.startTime ?? wholeSeconds();
    this.#status = new StatusWriter({ ...deps, pod: facts.pod, signal: this.#gone.signal, build: () => this.#build() });
    const context = this.#context();
    const { initContainers = [], containers = [] } = facts.pod.spec ?? {};
    this.#init = initContainers.map((spec) => new ContainerRunner(spec as Container, context));
    this.#containers = containers.map((spec) => new ContainerRunner(spec, context));
    for (const container of this.#all()) container.adopt();
    if (!deps.ending && (facts.pod.spec?.volumes ?? []).length > 0) this.#volumes = this.#setUpVolumes();
    this.#work = deps.ending
      ? Promise.resolve()
      : this.#run().catch((error: unknown) => {
          deps.log.error({ pod: facts.pod.metadata?.name, err: error }, 'pod failed');
        });
  }

  /** The pod as the API server has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata?.deletionTimestamp === undefined) return;
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1_000;
    if (!this.#ending.signal.aborted) {
      this.#graceMs = graceMs;
      void this.#end(graceMs);
    } else if (graceMs < this.#graceMs) {
      // As kubelet does where a second deletion gives less time than the first.
      this.#graceMs = graceMs;
      for (const container of this.#all()) container.shorten(graceMs);
    }
  }

  /** A Secret or ConfigMap has changed, or a token grows old: the files of volumes follow. What is missing now stays as it was. */
  async refreshVolumes(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    await this.#deps.volumes(this.facts, this.#dir).catch((error: unknown) => {
      this.#deps.log.warn({ pod: this.#pod.metadata?.name, err: error }, 'volumes not refreshed');
    });
  }

  /** SIGTERM before the deletion is asked for. */
  stopEarly(): void {
    for (const container of this.#all()) container.stopEarly();
  }

  /** There is no such pod any more: nothing of it may go on. */
  async removed(): Promise<void> {
    this.#ending.abort();
    this.#gone.abort();
    for (const container of this.#all()) container.kill();
    await this.#work;
    this.#deps.finished(this.#pod);
  }

  /**
   * Ends its programs without a word to the API server, which may be gone already: a pod that were said to have succeeded
   * would not be started anew by the next pod runner.
   */
  async shutDown(graceMs: number): Promise<void> {
    this.#gone.abort();
    this.#ending.abort();
    for (const container of this.#all()) container.stop(graceMs);
    await this.#work;
  }

  /** Where a container logs, or why it has no log; undefined when the pod has no such container. */
  logOf(name: string, previous: boolean): LogSource | string | undefined {
    const container = this.#all().find((candidate) => candidate.spec.name === name);
    if (container === undefined) return undefined;
    const source = container.logSource(previous);
    if (source !== undefined) return source;
    const where = `container "${name}" in pod "${this.#pod.metadata?.name}"`;
    if (previous) return `previous terminated ${where} not found`;
    return `${where} is waiting to start: ${container.status.state?.waiting?.reason ?? 'ContainerCreating'}`;
  }

  #all(): ContainerRunner[] {
    return [...this.#init, ...this.#containers];
  }

  #context(): PodContext {
    const { facts } = this;
    const { images, cwd, log } = this.#deps;
    return {
      facts,
      dir: this.#dir,
      cwd,
      images,
      log,
      sources: (container) => {
        const found = () => this.#deps.sources(this.#pod, container);
        return this.#volumes === undefined ? found() : this.#volumes.then(found);
      },
      mountPrefix: (container, at) => this.#mountPrefix(container, at),
      hostsFile: () => this.#deps.hostsFile(facts.pod.metadata?.namespace ?? ''),
      freePort: (declared) => this.#deps.freePort(declared),
      serviceLinks: () => this.#deps.serviceLinks(facts.pod),
      knownStatus: (name) => knownStatus(facts.pod, name),
      changed: () => this.#changed(),
      event: (note) => this.#deps.event(this.#pod, note),
    };
  }

  async #run(): Promise<void> {
    const policy = this.#pod.spec?.restartPolicy ?? 'Always';
    const initialized = await this.#initialize(policy);
    // What was adopted runs, and is waited for, whatever became of the init containers.
    const running = this.#containers.filter((container) => initialized || container.alive);
    await Promise.all(running.map((container) => container.run(policy)));
  }

  /** Whether the pod has come to where its containers may start. */
  async #initialize(policy: string): Promise<boolean> {
    for (const container of this.#init) {
      if (this.#ending.signal.aborted) return false;
      const code = await container.run(policy === 'Never' ? 'Never' : 'OnFailure');
      if (code !== 0) return false;
    }
    return !this.#ending.signal.aborted;
  }

  /** Tries until all are there, or the pod ends. */
  async #setUpVolumes(): Promise<void> {
    this.#changed();
    for (
      let waitMs = VOLUME_RETRY_MS.first;
      !this.#ending.signal.aborted;
      waitMs = Math.min(waitMs * 2, VOLUME_RETRY_MS.max)
    ) {
      try {
        this.#mountPrefix = await this.#deps.volumes(this.facts, this.#dir);
        this.#volumes = undefined;
        return;
      } catch (error) {
        if (!(error instanceof VolumeSetupError)) throw error;
        this.#deps.event(this.#pod, { type: 'Warning', reason: 'FailedMount', message: error.message });
        await pause(waitMs, this.#ending.signal);
      }
    }
  }

  async #end(graceMs: number): Promise<void> {
    this.#ending.abort();
    for (const container of this.#all()) container.stop(graceMs);
    await this.#work;
    await this.#status.write();
    await this.#delete();
  }

  /** The last word of a node on a pod: it is gone for good. */
  async #delete(): Promise<void> {
    const { namespace, name = '', uid = '' } = this.#pod.metadata ?? {};
    const { signal } = this.#gone;
    while (!signal.aborted) {
      try {
        await this.#deps.kube.delete(
          PODS,
          { namespace, name },
          { signal, gracePeriodSeconds: 0, preconditions: { uid } },
        );
        return;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return;
        await pause(DELETE_RETRY_MS, signal);
      }
    }
  }

  #changed(): void {
    if (!this.#gone.signal.aborted) void this.#status.write();
  }

  #build(): PodStatus {
    const status = podStatus({
      pod: this.#pod,
      podIP: this.facts.podIP,
      hostIP: this.facts.hostIP,
      startTime: this.#startTime,
      containers: this.#containers.map((container) => container.status),
      initContainers: this.#init.map((container) => container.status),
      ending: this.#ending.signal.aborted,
      before: this.#published?.conditions ?? this.#pod.status?.conditions ?? [],
      now: wholeSeconds(),
    });
    this.#published = status;
    return status;
  }
}

function knownStatus(pod: Pod, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name);
}

const wholeSeconds = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
