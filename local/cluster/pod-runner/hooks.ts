/** What a container wants done before it is told to end. */
import type { Container } from './pod-context.ts';
import { type ProbeTarget, runProbe } from './probe.ts';

/** Returns when the hook is through or its time is up; `failed` is told when it did not work. */
export async function runPreStop(
  container: Container,
  target: ProbeTarget,
  graceMs: number,
  failed: (message: string) => void,
): Promise<void> {
  const hook = container.lifecycle?.preStop;
  if (hook === undefined || hook === null || graceMs <= 0) return;
  if (hook.sleep !== undefined) {
    const sleepMs = Math.min(hook.sleep.seconds * 1_000, graceMs);
    await new Promise((resolve) => setTimeout(resolve, sleepMs));
    return;
  }
  const result = await runProbe(hook, target, graceMs);
  if (!result.ok) failed(`PreStopHook failed: ${result.output}`);
}
