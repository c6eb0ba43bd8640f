/** Looks at a running container again and again. */

import type { Pod } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import { type ProbeTarget, runProbe } from './probe.ts';
import { afterResult, type Probe, type ProbeKind, type ProbeRun, probeTiming, untilFirstProbe } from './probe-state.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];

interface ProbeListener {
  /** The container is started, or ready, from now on; or no more. */
  changed(kind: 'startup' | 'readiness', value: boolean): void;
  /** A look failed, whatever the thresholds make of it. */
  failed(kind: ProbeKind, output: string): void;
  /** The container must be restarted. */
  dead(kind: 'startup' | 'liveness'): void;
}

export class Probes implements Disposable {
  readonly #stop = new AbortController();
  readonly #startedAtMs: number;

  /** Begins to look at once; startup first, then liveness and readiness side by side. `startedAtMs`: since 1970. */
  constructor(container: Container, target: ProbeTarget, startedAtMs: number, listener: ProbeListener) {
    this.#startedAtMs = startedAtMs;
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
    await pause(untilFirstProbe(kind, timing, this.#startedAtMs, Date.now()), this.#stop.signal);
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
