import type { RequestMetrics, Start } from './metrics.ts';

/** Where the metrics of a replica are read from, each time that they are asked for. */
export interface MetricsSources {
  requests: RequestMetrics;
  replica(): ReplicaState;
}

/** A replica at the moment of the scrape. */
export interface ReplicaState {
  start: Start;
  /** Requests let in and not yet answered to the end. */
  inFlight: number;
  /** Promises given to waitUntil that have not settled. */
  waitUntilPending: number;
}
