/** What a row of probe results means. Pure. */
import type { Pod } from '#platform/kube/resources.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];
export type Probe = NonNullable<Container['readinessProbe']>;
export type ProbeKind = 'startup' | 'liveness' | 'readiness';

interface ProbeTiming {
  initialDelayMs: number;
  periodMs: number;
  timeoutMs: number;
  successThreshold: number;
  failureThreshold: number;
}

export function probeTiming(probe: Probe): ProbeTiming {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1_000,
    periodMs: (probe.periodSeconds ?? 10) * 1_000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1_000,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}

/**
 * Kubelet's tickers run since the pod was added, so startup and liveness are first looked at somewhere within a period of
 * the start. Here that is always after so many milliseconds, or after a whole period where that is shorter.
 */
const FIRST_TICK_MS = 250;

/**
 * Milliseconds from now to the first probe of a container that runs since `startedAtMs`, both since 1970. As kubelet has
 * it, readiness is probed at once when the container counts as started, startup and liveness with their ticker; and a
 * probe is passed over as long as the whole seconds since the start, which itself is known in whole seconds, are fewer
 * than the initial delay. So a delay of one second may be over some milliseconds after the start.
 */
export function untilFirstProbe(kind: ProbeKind, timing: ProbeTiming, startedAtMs: number, nowMs: number): number {
  const { initialDelayMs, periodMs } = timing;
  const fromMs = Math.floor(startedAtMs / 1_000) * 1_000 + initialDelayMs;
  if (kind === 'readiness' && nowMs >= fromMs) return 0;
  const firstTickMs = startedAtMs + (kind === 'readiness' ? periodMs : Math.min(FIRST_TICK_MS, periodMs));
  const dueMs = Math.max(fromMs, nowMs);
  const missed = Math.max(0, Math.ceil((dueMs - firstTickMs) / periodMs));
  return firstTickMs + missed * periodMs - nowMs;
}

/** Equal results in a row. */
export interface ProbeRun {
  ok: boolean;
  count: number;
}

/** `verdict` is undefined as long as the thresholds leave everything as it is. */
export function afterResult(
  run: ProbeRun | undefined,
  ok: boolean,
  { successThreshold, failureThreshold }: ProbeTiming,
): { run: ProbeRun; verdict: boolean | undefined } {
  const count = run?.ok === ok ? run.count + 1 : 1;
  const reached = count >= (ok ? successThreshold : failureThreshold);
  return { run: { ok, count }, verdict: reached ? ok : undefined };
}
