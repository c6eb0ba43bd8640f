/** The `/etc/hosts` of each pod that has one of its own, kept up to date. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Informer } from '#platform/informer/informer.ts';
import type { Pod, Service } from '#platform/kube/resources.ts';
import { lowPortOffset } from '../machine/low-ports.ts';
import { textOf } from './container-files.ts';
import { hostsText } from './hosts-file.ts';

/** Services that are made together are written down together. */
const SETTLE_MS = 50;

interface HostsFile {
  path: string;
  /** Whose Services go by their bare names. */
  namespace: string;
  /** What stands before the Services. */
  before: () => string;
  write: (path: string, text: string) => void;
}

export class PodHosts implements Disposable {
  readonly #services: Informer<Service>;
  /** Folder of the files that all pods of a namespace share. */
  readonly #dir: string;
  /** By the pod's uid, or the namespace's name. */
  readonly #files = new Map<string, HostsFile>();
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: Informer<Service>, dataDir: string) {
    this.#services = services;
    this.#dir = join(dataDir, 'hosts');
    mkdirSync(this.#dir, { recursive: true });
    this.#stop = services.onChange(() => {
      this.#timer ??= setTimeout(() => this.#rewrite(), SETTLE_MS);
    });
  }

  /** Writes the pod's file; undefined for a pod that does without. Such are those that have no part in the cluster. */
  add(pod: Pod, podDir: string): string | undefined {
    const { automountServiceAccountToken, hostNetwork } = pod.spec ?? {};
    if (automountServiceAccountToken === false || hostNetwork === true) return undefined;
    return this.#add(pod.metadata?.uid ?? '', {
      path: join(podDir, 'hosts'),
      namespace: pod.metadata?.namespace ?? '',
      before: () => readFileSync('/etc/hosts', 'utf8'),
      write: writeIfOther,
    });
  }

  /** The names alone, for pods whose `/etc/hosts` is the machine's: one file for all of a namespace. */
  ofNamespace(namespace: string): string {
    const key = `namespace ${namespace}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known.path;
    return this.#add(key, { path: join(this.#dir, namespace), namespace, before: lowPortsLine, write: replaceIfOther });
  }

  /** The pod is gone, and its folder. */
  forget(pod: Pod): void {
    this.#files.delete(pod.metadata?.uid ?? '');
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop();
  }

  #add(key: string, file: HostsFile): string {
    this.#files.set(key, file);
    this.#write(file);
    return file.path;
  }

  #rewrite(): void {
    this.#timer = undefined;
    for (const file of this.#files.values()) this.#write(file);
  }

  #write({ path, namespace, before, write }: HostsFile): void {
    write(path, hostsText(before(), this.#services.list(), namespace));
  }
}

/** For preload.cjs; empty where this user may listen on all ports. */
function lowPortsLine(): string {
  const offset = lowPortOffset();
  return offset === 0 ? '' : `# low ports: +${offset}\n`;
}

/** In its place: a file that is mounted stays the file that it was. */
function writeIfOther(path: string, text: string): void {
  if (textOf(path) !== text) writeFileSync(path, text);
}

/** As a whole: programs read it meanwhile. */
function replaceIfOther(path: string, text: string): void {
  if (textOf(path) === text) return;
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
