import type { FunctionObject } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { Scrape } from './demand.ts';
import type { ReplicaWriter } from './replica-writer.ts';

/** As a Function's status has it. */
export type Scaling = NonNullable<FunctionStatus['scaling']>;

/** A function as the autoscaler finds it, before it looks at the metrics. */
export interface ScaledFunction {
  /** `<namespace>/<name>` */
  key: string;
  /** With the newest status and a spec that was checked. */
  fn: FunctionObject;
  /** Its own, by name. Their resourceVersions guard what is written. */
  deployments: ReadonlyMap<string, Deployment>;
}

export interface AutoscalerOptions {
  everyMs: number;
  /** Those that have replicas or ask for some, and those of `also`, by their keys; without those that are gone. */
  functions: (also: ReadonlySet<string>) => ScaledFunction[];
  /** Whether a function of that key is there. */
  exists: (key: string) => boolean;
  /** Whether no function has replicas or asks for some. Asked each turn, so at little cost, however many there are. */
  asleep: () => boolean;
  scrape: (signal: AbortSignal) => Promise<Scrape>;
  /** Most replicas that the function of this uid may have for now; undefined: as many as it needs. */
  atMost: (uid: string) => number | undefined;
  /**
   * What was last decided on each function and learned of it, by uid, as its status says it under `scaling`, of those that
   * are followed. Kept by the autoscaler, read by others.
   */
  scalings: Map<string, Scaling>;
  writer: ReplicaWriter;
  /** A decision changed a function's number of replicas, or found that another did. */
  onDecision: (key: string, replicas: number) => void;
  /** What the status says of its starts and requests is to change. */
  onLearned: (key: string) => void;
  /** What the gateways said at this look. */
  onScrape?: (scrape: Scrape) => void;
  /** A function is gone. */
  onGone: (key: string) => void;
  isConflict: (error: unknown) => boolean;
  log: Log;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}
