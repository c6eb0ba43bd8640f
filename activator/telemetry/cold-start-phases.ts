/** What a cold start consists of, in order; each phase is named for what ends it. */
export const COLD_PHASES = ['scale', 'scheduled', 'address', 'answer', 'first_byte'] as const;
export type ColdPhase = (typeof COLD_PHASES)[number];

/** When it came about, on the activator's clock; undefined: it was not seen, or was so before. */
export interface ColdTimes {
  /** The first request began to wait. */
  waitingAtMs: number;
  /** The API server had taken the new scale. */
  scaledAtMs?: number | undefined;
  /** The pod that answered first was seen to have a node. */
  scheduledAtMs?: number | undefined;
  /** It was seen to have an address. */
  addressAtMs?: number | undefined;
  /** It answered a probe. */
  answeredAtMs: number;
}

export interface PhaseTime {
  phase: ColdPhase;
  ms: number;
}

/**
 * How long each phase took of what came after `sinceMs`; together exactly the time from there to the answer. What was
 * not seen, or was over by then, is left out: its time is the next one's. What was seen late, as when the pod is there
 * before the answer to the scale call, took no time of its own.
 */
export function coldPhases(times: ColdTimes, sinceMs = times.waitingAtMs): PhaseTime[] {
  const ends: [ColdPhase, number | undefined][] = [
    ['scale', times.scaledAtMs],
    ['scheduled', times.scheduledAtMs],
    ['address', times.addressAtMs],
    ['answer', times.answeredAtMs],
  ];
  const phases: PhaseTime[] = [];
  let fromMs = sinceMs;
  for (const [phase, endMs] of ends) {
    if (endMs === undefined || endMs < sinceMs) continue;
    const untilMs = Math.min(Math.max(endMs, fromMs), times.answeredAtMs);
    phases.push({ phase, ms: untilMs - fromMs });
    fromMs = untilMs;
  }
  return phases;
}

/** Further entries of a `Server-Timing` value, each with the comma before it. */
export function coldTimings(phases: readonly PhaseTime[]): string {
  return phases.map(({ phase, ms }) => `, cold-${phase};dur=${Math.round(ms * 10) / 10}`).join('');
}
