import { planWave } from '../wave-plan.ts';
import type { Strategy } from './simulated-cluster.ts';

/** The plan, as the gateway carries it out. @param beganAtMs when the burst came, on the simulated clock. */
export function inWaves(): Strategy {
  let beganAtMs: number | undefined;
  return (sight, { perReplica, maxReplicas }) => {
    const { nowMs, waiting, inFlight, ready, startingMs, stalledMs, learned } = sight;
    beganAtMs ??= nowMs;
    const backlog = { requests: waiting + inFlight, perReplica, ready, startingMs, maxReplicas };
    const plan = planWave({ ...backlog, stalledMs, waitedMs: nowMs - beganAtMs }, learned);
    return { replicas: plan.replicas, inMs: plan.lookAgainInMs };
  };
}
