/** Looks at a running container again and again. */

import type { Pod } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import { type ProbeTarget, runProbe } from './probe.ts';
import { afterResult, type Probe, type ProbeKind, type ProbeRun, probeTiming } from './probe-state.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];

/**
 * Kubelet looks for the first time when it notices that the container runs, which takes it up to a second: a program
 * that has just been started is given a moment here too.
 */
const FIRST_LOOK_MS = 250;

export interface ProbeListener {
  /** The container is started, or ready, from now on; or no more. */
  changed(kind: 'startup' | 'readiness', value: boolean): void;
  /** A look failed, whatever the thresholds make of it. */
  failed(kind: ProbeKind, output: string): void;
  /** The container must be restarted. */
  dead(kind: 'startup' | 'liveness'): void;
}

export class Probes implements Disposable {
  readonly #stop = new AbortController();

  /** Begins to look at once; startup first, then liveness and readiness side by side. */
  constructor(container: Container, target: ProbeTarget, listener: ProbeListener) {
    void this.#run(container, target, listener);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #run(container: Container, target: ProbeTarget, listener: ProbeListener): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    if (startupProbe !== undefined && startupProbe !== null) {
      const started = await this.#untilVerdict('startup', startupProbe, target, listener);
      if (this.#stop.signal.aborted) return;
      if (!started) return listener.dead('startup');
    }
    listener.changed('startup', true);
    if (readinessProbe) void this.#watchReadiness(readinessProbe, target, listener);
    else listener.changed('readiness', true);
    if (livenessProbe) void this.#watchLiveness(livenessProbe, target, listener);
  }

  async #watchReadiness(probe: Probe, target: ProbeTarget, listener: ProbeListener): Promise<void> {
    for await (const verdict of this.#verdicts('readiness', probe, target, listener))
      listener.changed('readiness', verdict);
  }

  async #watchLiveness(probe: Probe, target: ProbeTarget, listener: ProbeListener): Promise<void> {
    for await (const verdict of this.#verdicts('liveness', probe, target, listener)) {
      if (!verdict) return listener.dead('liveness');
    }
  }

  async #untilVerdict(kind: ProbeKind, probe: Probe, target: ProbeTarget, listener: ProbeListener): Promise<boolean> {
    for await (const verdict of this.#verdicts(kind, probe, target, listener)) return verdict;
    return false;
  }

  async *#verdicts(
    kind: ProbeKind,
    probe: Probe,
    target: ProbeTarget,
    listener: ProbeListener,
  ): AsyncGenerator<boolean> {
    const timing = probeTiming(probe);
    let run: ProbeRun | undefined;
    await pause(Math.max(timing.initialDelayMs, FIRST_LOOK_MS), this.#stop.signal);
    while (!this.#stop.signal.aborted) {
      const result = await runProbe(probe, target, timing.timeoutMs);
      if (this.#stop.signal.aborted) return;
      if (!result.ok) listener.failed(kind, result.output);
      const next = afterResult(run, result.ok, timing);
      run = next.run;
      if (next.verdict !== undefined) yield next.verdict;
      await pause(timing.periodMs, this.#stop.signal);
    }
  }
}
