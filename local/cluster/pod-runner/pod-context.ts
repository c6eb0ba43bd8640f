/** What the containers of a pod share while it runs here. */
import type { EventNote } from '#platform/controller/event-recorder.ts';
import type { Pod } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { EnvSources } from './container-env.ts';
import type { PodFacts } from './downward.ts';
import type { LocalImages } from './images.ts';
import type { ContainerStatus } from './pod-status.ts';

export type Container = NonNullable<Pod['spec']>['containers'][number];

/**
 * Puts the pod's mounts in place for a program: what goes before its command. Empty without volumes.
 * @param cwd where the program is to run, unless the container names a folder
 */
export type MountPrefix = (container: Container, cwd: string) => readonly string[];

export interface PodContext {
  readonly facts: PodFacts;
  /** Folder of the pod's own files. */
  readonly dir: string;
  /** Folder in which mapped commands run, unless the container names one. */
  readonly cwd: string;
  readonly images: LocalImages;
  readonly log: Log;
  /** What the environment of `container` refers to, as the API server has it now. */
  sources(container: Container): EnvSources | Promise<EnvSources>;
  mountPrefix: MountPrefix;
  /** File with the names and addresses of Services, for the pods of a namespace. */
  hostsFile(): string;
  /** A port of this machine that nothing listens on, for a program that was to listen on `declared`. */
  freePort(declared: number): number;
  /** Variables that lead to the API server and to Services. */
  serviceLinks(): ReadonlyMap<string, string>;
  /** What the API server last knew of a container. */
  knownStatus(container: string): ContainerStatus | undefined;
  /** Something that the pod's status shows has changed. */
  changed(): void;
  event(note: EventNote): void;
}
