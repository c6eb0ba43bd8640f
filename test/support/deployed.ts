import type { KubeClient } from '#platform/kube/client.ts';

/** One of our processes, whatever keeps it running. */
export interface Part {
  /** kill -9 of what runs now; something starts it again. */
  kill(): Promise<void>;
  /** Ends it until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Of the present run, where it is a process on this machine. */
  pid(): number | undefined;
}

/** Catnap, running. */
export interface Deployed extends AsyncDisposable {
  kubeconfig: string;
  kube: KubeClient;
  /** Base URL at which the gateway is reached from here. */
  gateway: string;
  domain: string;
  operator: Part;
  activator: Part;
  /** Absent where nothing is called but while somebody waits. */
  dispatcher?: Part;
  apiServer?: Part;
  podRunner?: Part;
  /** Requests received for a function, by the address of each activator's metrics. */
  received(namespace: string, name: string): Promise<ReadonlyMap<string, number>>;
}
