/** For tests: a replica as the gate sees it. */
import type { GateReplica } from './gate.ts';

export interface Named extends GateReplica {
  name: string;
}

export function aSeat(name = 'a', inFlight = 0): Named {
  return { name, inFlight, onTrial: false, crowdedUntilMs: 0, list: 'out', at: 0, waitedInVain: 0 };
}
