import { COLD_PHASES, type ColdPhase, type PhaseTime } from './cold-start-phases.ts';
import { Histogram } from './histogram.ts';

/** Upper bounds in seconds: from a start on the same machine to an image that has to be pulled. */
export const COLD_START_BUCKETS_SECONDS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60] as const;
const PHASE_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60] as const;

/** How long the phases of all functions' cold starts took, in seconds. A phase is much the same for all of them. */
export class ColdStarts {
  readonly phases = new Map<ColdPhase, Histogram>(
    COLD_PHASES.map((phase) => [phase, new Histogram(PHASE_BUCKETS_SECONDS)]),
  );

  observe(times: readonly PhaseTime[]): void {
    for (const { phase, ms } of times) this.phases.get(phase)?.observe(ms / 1000);
  }
}
