/** The `/etc/hosts` of each pod that has one of its own, kept up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Informer } from '#platform/informer.ts';
import type { Pod, Service } from '#platform/resources.ts';
import { textOf } from './container-files.ts';
import { hostsText } from './hosts-file.ts';

/** Services that are made together are written down together. */
const SETTLE_MS = 50;

export class PodHosts implements Disposable {
  readonly #services: Informer<Service>;
  /** By the pod's uid. */
  readonly #files = new Map<string, { path: string; namespace: string }>();
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: Informer<Service>) {
    this.#services = services;
    this.#stop = services.onChange(() => {
      this.#timer ??= setTimeout(() => this.#rewrite(), SETTLE_MS);
    });
  }

  /** Writes the pod's file; undefined for a pod that does without. Such are those that have no part in the cluster. */
  add(pod: Pod, podDir: string): string | undefined {
    const { automountServiceAccountToken, hostNetwork } = pod.spec ?? {};
    if (automountServiceAccountToken === false || hostNetwork === true) return undefined;
    const file = { path: join(podDir, 'hosts'), namespace: pod.metadata?.namespace ?? '' };
    this.#files.set(pod.metadata?.uid ?? '', file);
    writeIfOther(file.path, this.#text(file.namespace));
    return file.path;
  }

  /** The pod is gone, and its folder. */
  forget(pod: Pod): void {
    this.#files.delete(pod.metadata?.uid ?? '');
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop();
  }

  #rewrite(): void {
    this.#timer = undefined;
    const texts = new Map<string, string>();
    for (const { path, namespace } of this.#files.values()) {
      const text = texts.get(namespace) ?? this.#text(namespace);
      texts.set(namespace, text);
      writeIfOther(path, text);
    }
  }

  #text(namespace: string): string {
    return hostsText(readFileSync('/etc/hosts', 'utf8'), this.#services.list(), namespace);
  }
}

/** In its place: a file that is mounted stays the file that it was. */
function writeIfOther(path: string, text: string): void {
  if (textOf(path) !== text) writeFileSync(path, text);
}
