import type { SharedReplica } from '../balancing/replica-room.ts';
import type { RotationList } from '../balancing/rotation.ts';
import { ConnectionPool } from '../upstream/connection-pool.ts';
import type { PodFacts } from './pod-facts.ts';

/** When a pod was seen to have a node, and its address, on the activator's clock. */
export interface PodTimes {
  scheduledAtMs?: number | undefined;
  addressAtMs?: number;
}

/** One pod of a function that has an address, and what this activator knows of it. */
export class Replica implements SharedReplica {
  readonly uid: string;
  readonly revision: string;
  readonly upstream: ConnectionPool;
  /** From here to `waitsSinceMs` written by its ReplicaRoom. */
  inFlight = 0;
  list: RotationList = 'out';
  at = 0;
  crowdedUntilMs = 0;
  share = 0;
  unsuccessfulWaits = 0;
  waitsSinceMs = 0;
  onTrial = false;
  /** In the rotation: its last probe succeeded and it has not failed since. */
  answering = false;
  /** How often in a row it failed, since it last answered a request. */
  failures = 0;
  /** Since when it is out of the rotation again, on the activator's clock; undefined: it is in it, or never was. */
  silentSinceMs: number | undefined;
  /** When it first answered, on the activator's clock; undefined: never. */
  answeredAtMs: number | undefined;

  readonly seen: PodTimes;

  constructor(state: PodFacts, seen: PodTimes = {}) {
    this.uid = state.uid;
    this.revision = state.revision;
    this.seen = seen;
    this.upstream = new ConnectionPool(state.ip, state.port);
  }
}
