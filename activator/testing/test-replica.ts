/** For tests: a replica as balancing sees it. */
import type { SharedReplica } from '../balancing/replica-room.ts';

export interface Named extends SharedReplica {
  name: string;
}

export function aReplica(name = 'a', inFlight = 0): Named {
  return {
    name,
    inFlight,
    onTrial: false,
    crowdedUntilMs: 0,
    share: 0,
    list: 'out',
    at: 0,
    unsuccessfulWaits: 0,
    waitsSinceMs: 0,
  };
}
