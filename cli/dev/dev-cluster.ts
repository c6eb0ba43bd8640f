import type { KubeClient } from '#platform/kube/client.ts';

/** A pod as logs name it. */
export interface PodName {
  name: string;
  namespace: string;
}

/** Functions whose pods are looked at, by namespace. */
export type FunctionNames = ReadonlyMap<string, readonly string[]>;

/** What a line of a log is for the terminal; undefined: nothing. */
export type ShownLine = (text: string, pod: PodName) => string | undefined;

/** Where the functions run that are being written. */
export interface DevCluster extends AsyncDisposable {
  readonly kube: KubeClient;
  /** Of functions whose folder names none. */
  readonly namespace: string;
  /** It ends with the command, and all that is in it. */
  readonly isTemporary: boolean;
  /** Lines for the user: how it is reached. */
  readonly greeting: readonly string[];
  /** Shows from now on what these functions' pods write, and their requests where the gateway's log can be read. */
  follow(functions: () => FunctionNames, shown: ShownLine): AsyncDisposable;
  /** A port of this machine that leads to a port of the pod's loopback, for as long as the pod runs. */
  reach(pod: PodName, port: number): Promise<number>;
}
