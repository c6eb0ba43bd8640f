// Longer than 250 lines: what starts, adopts and ends pods shares one list of them.
/** Runs the pods of the one node there is: each container is a process of this machine. */

import type { Change } from '#platform/informer/object-cache.ts';
import type { Pod } from '#platform/kube/resources.ts';
import type { Cluster, Recorder } from '../controllers/cluster.ts';
import type { Realism } from '../realism/realism.ts';
import type { ClaimedVolumes } from '../volumes/claimed-volumes.ts';
import { AddressPool } from './addresses.ts';
import { envReferences } from './container-env.ts';
import { killRecorded, recorders } from './container-process.ts';
import type { PodFacts } from './downward.ts';
import type { LocalImages } from './images.ts';
import { envSources, findObjects, mayFindNoCache, type ObjectSourcesDeps } from './object-sources.ts';
import { PodFiles, type PodRecord } from './pod-files.ts';
import { PodHosts } from './pod-hosts.ts';
import { PodWorker, type PodWorkerDeps } from './pod-worker.ts';
import { PortPool } from './port-pool.ts';
import { Scheduler } from './scheduler.ts';
import { type NodeFacts, wantsNode } from './scheduling.ts';
import { serviceLinks } from './service-links.ts';
import { VolumeSupply } from './volume-supply.ts';
import { volumeReferences } from './volumes.ts';

interface PodRunnerOptions {
  cluster: Cluster;
  objects: ObjectSourcesDeps;
  node: NodeFacts;
  hostIP: string;
  /** Where containers reach the API server by https. */
  api: { host: string; port: number };
  claimed: ClaimedVolumes;
  dataDir: string;
  images: LocalImages;
  cwd: string;
  /** Milliseconds from the sight of a deletion to SIGTERM; 0: at once, and before it where this process deletes. */
  sigtermDelayMs: number;
  /** Statuses are late, and caches at times not filled, as it says; absent: neither. */
  realism?: Realism | undefined;
  kubelet: Recorder;
  scheduler: Recorder;
}

export class PodRunner {
  readonly #options: PodRunnerOptions;
  readonly #files: PodFiles;
  readonly #addresses = new AddressPool();
  readonly #ports = new PortPool();
  readonly #workers = new Map<string, PodWorker>();
  readonly #deps: Omit<PodWorkerDeps, 'ending'>;
  readonly #hosts: PodHosts;
  readonly #volumes: VolumeSupply;
  readonly #scheduler: Scheduler;
  #stopped = false;

  constructor(options: PodRunnerOptions) {
    this.#options = options;
    this.#files = new PodFiles(options.dataDir);
    const { cluster, images, cwd, objects, claimed } = options;
    this.#scheduler = new Scheduler({
      cluster,
      claimed,
      node: options.node,
      events: options.scheduler,
      signal: objects.signal,
    });
    this.#hosts = new PodHosts(cluster.services, options.dataDir);
    const due = (pod: Pod) => void this.#workers.get(pod.metadata?.uid ?? '')?.refreshVolumes();
    this.#volumes = new VolumeSupply({ objects, hosts: this.#hosts, claimed, due });
    this.#deps = {
      kube: objects.kube,
      log: cluster.log,
      images,
      cwd,
      realism: options.realism,
      sources: (pod, container) => {
        const references = envReferences(container);
        if (references.configMaps.length > 0) mayFindNoCache(options.realism);
        const found = findObjects(pod.metadata?.namespace ?? '', references, objects);
        return found instanceof Promise ? found.then(envSources) : envSources(found);
      },
      volumes: (facts, podDir) => this.#volumes.setUp(facts, podDir),
      hostsFile: (namespace) => this.#hosts.ofNamespace(namespace),
      freePort: (declared) => this.#ports.takeInsteadOf(declared),
      serviceLinks: (pod) => this.#serviceLinks(pod),
      event: (pod, note) => options.kubelet.record(pod, note),
      finished: (pod) => this.#finished(pod),
    };
  }

  /** Takes over what an earlier pod runner left running, then follows the pods. The watches must have synced. */
  start(): void {
    const { pods } = this.#options.cluster;
    const byUid = new Map(pods.list().map((pod) => [pod.metadata?.uid, pod]));
    this.#files.completeRuns(recorders());
    for (const record of this.#files.list()) this.#adopt(record, byUid.get(record.uid));
    pods.onChange((change) => this.#onChange(change));
    this.#options.claimed.onChange(() => this.#scheduleWaiting());
    const { configMaps, secrets } = this.#options.objects;
    configMaps.onChange(({ type, object }) => type === 'updated' && this.#refresh('configMaps', object.metadata ?? {}));
    secrets.onChange(({ type, object }) => type === 'updated' && this.#refresh('secrets', object.metadata ?? {}));
  }

  /** For whoever is about to delete a pod: SIGTERM goes out first. */
  beforeDelete(pod: Pod): void {
    if (this.#options.sigtermDelayMs === 0) this.#workers.get(pod.metadata?.uid ?? '')?.stopEarly();
  }

  /** The latest pod of this name. */
  find(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].findLast(({ facts: { pod } }) => {
      return pod.metadata?.namespace === namespace && pod.metadata.name === name;
    });
  }

  /** Takes on no more pods; the running ones go on, for the next pod runner to adopt. */
  release(): void {
    this.#stopped = true;
    this.#addresses[Symbol.dispose]();
    this.#volumes[Symbol.dispose]();
    this.#hosts[Symbol.dispose]();
  }

  /** Ends all pods, with SIGKILL after `graceMs`, and removes their files. */
  async killAll(graceMs: number): Promise<void> {
    this.release();
    await Promise.all([...this.#workers.values()].map((worker) => worker.shutDown(graceMs)));
    for (const uid of this.#workers.keys()) this.#files.remove(uid);
  }

  /** The same in the last moment of the process, without a chance to end well. */
  killNow(): void {
    for (const { uid } of this.#files.list()) {
      for (const run of this.#files.runs(uid)) killRecorded(run);
      this.#files.remove(uid);
    }
  }

  #refresh(kind: 'configMaps' | 'secrets', { namespace, name = '' }: { namespace?: string; name?: string }): void {
    for (const worker of this.#workers.values()) {
      const { metadata, spec } = worker.facts.pod;
      if (metadata?.namespace !== namespace) continue;
      if (volumeReferences(spec?.volumes ?? [])[kind].includes(name)) void worker.refreshVolumes();
    }
  }

  #onChange(change: Change<Pod>): void {
    if (this.#stopped) return;
    const pod = change.object;
    const worker = this.#workers.get(pod.metadata?.uid ?? '');
    if (['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')) this.#scheduleWaiting();
    if (change.type === 'deleted') {
      if (worker !== undefined) void worker.removed();
    } else if (worker !== undefined) {
      this.#update(worker, pod);
    } else if (wantsNode(pod)) {
      this.#schedule(pod);
    } else if (pod.spec?.nodeName === this.#options.node.name) {
      this.#take(pod);
    }
  }

  #update(worker: PodWorker, pod: Pod): void {
    const delayMs = pod.metadata?.deletionTimestamp === undefined ? 0 : this.#options.sigtermDelayMs;
    if (delayMs === 0 || pod.metadata?.deletionGracePeriodSeconds === 0) worker.update(pod);
    else setTimeout(() => worker.update(pod), delayMs);
  }

  /** The pod starts while the API server is still told where. */
  #schedule(pod: Pod): void {
    if (!this.#scheduler.fits(pod, () => this.#placed())) return;
    this.#begin(pod, this.#addresses.take());
    void this.#bind(pod);
  }

  /** Pods that wait for a claim are looked at again. */
  #scheduleWaiting(): void {
    for (const pod of this.#scheduler.takeWaiting()) {
      if (!this.#workers.has(pod.metadata?.uid ?? '') && wantsNode(pod)) this.#schedule(pod);
    }
  }

  /** On the node, and not over. */
  *#placed(): Generator<Pod> {
    const { pods } = this.#options.cluster;
    for (const { facts } of this.#workers.values()) {
      const { namespace, name = '', uid } = facts.pod.metadata ?? {};
      const known = pods.get(namespace, name);
      const over = known?.metadata?.uid === uid && ['Succeeded', 'Failed'].includes(known?.status?.phase ?? '');
      if (!over) yield facts.pod;
    }
  }

  /** A pod that was bound here, but nothing of it runs. */
  #take(pod: Pod): void {
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (finished && pod.metadata?.deletionTimestamp === undefined) return;
    const worker = this.#begin(pod, this.#addresses.take(), pod.metadata?.deletionTimestamp !== undefined);
    worker.update(pod);
  }

  async #bind(pod: Pod): Promise<void> {
    await this.#scheduler.bind(pod, () => this.#workers.has(pod.metadata?.uid ?? ''));
  }

  #begin(pod: Pod, address: string, ending = false): PodWorker {
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const dir = this.#files.add({ namespace, name, uid, address });
    const worker = new PodWorker(this.#facts(pod, address), dir, { ...this.#deps, ending });
    this.#workers.set(uid, worker);
    return worker;
  }

  #adopt(record: PodRecord, pod: Pod | undefined): void {
    if (pod === undefined) {
      for (const run of this.#files.runs(record.uid)) killRecorded(run);
      this.#files.remove(record.uid);
      return;
    }
    this.#addresses.reserve(record.address);
    const worker = new PodWorker(this.#facts(pod, record.address), this.#files.dir(record.uid), {
      ...this.#deps,
      ending: false,
    });
    this.#workers.set(record.uid, worker);
    if ((pod.spec?.nodeName ?? '') === '') void this.#bind(pod);
  }

  #facts(pod: Pod, podIP: string): PodFacts {
    const { node, hostIP } = this.#options;
    return { pod, podIP, hostIP, nodeName: node.name, node };
  }

  #serviceLinks({ metadata, spec }: Pod): ReadonlyMap<string, string> {
    const { cluster, api } = this.#options;
    const links = spec?.enableServiceLinks !== false;
    const services = links
      ? cluster.services.list().filter((each) => each.metadata?.namespace === metadata?.namespace)
      : [];
    return serviceLinks(api, services, links);
  }

  #finished(pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    this.#workers.delete(uid);
    this.#addresses.release(worker.facts.podIP);
    this.#volumes.forget(pod);
    this.#files.remove(uid);
    this.#scheduleWaiting();
  }
}
