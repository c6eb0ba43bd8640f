/** What a row of probe results means. Pure. */
import type { Pod } from '#platform/kube/resources.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];
export type Probe = NonNullable<Container['readinessProbe']>;
export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeTiming {
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
