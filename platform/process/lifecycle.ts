/** From the start of a process to its exit code. */
import { withDeadline } from '../time/deadline.ts';
import type { Log } from './log.ts';

interface StopOptions {
  /** Longest the step may take, in milliseconds; default 5,000. */
  withinMs?: number;
}

/** What a process is given to build itself with. */
export interface Lifecycle {
  /** Aborts when the process is to stop, before the first step. */
  readonly stopping: AbortSignal;
  /**
   * Adds a step to the way down. Steps run one after the other, the one added last first, so that each part goes before
   * what it stands on. `signal` aborts when the step's time is up; then, or when it fails, the next one runs all the same.
   */
  onStop(name: string, stop: (signal: AbortSignal) => Promise<void> | void, options?: StopOptions): void;
  /** Stops the process because of `error`: in order, with exit code 1. */
  fail(error: unknown): void;
}

interface ProcessOptions {
  log: Log;
  /** Builds everything; the process is up when it resolves. */
  start: (lifecycle: Lifecycle) => Promise<void>;
  /** Where signals and uncaught errors come from and what ends the process at once; default: the process itself. */
  host?: ProcessHost;
}

export type ProcessHost = Pick<NodeJS.Process, 'on' | 'off'> & { exit: (code: number) => void };

const STEP_MS = 5_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

interface Step {
  name: string;
  stop: (signal: AbortSignal) => Promise<void> | void;
  withinMs: number;
}

/**
 * Runs `start`, waits for SIGTERM, SIGINT or `fail`, then runs the stop steps. Resolves with the exit code: 0 after a
 * clean stop, 1 when starting, running or a step went wrong. A second signal ends the process at once (130); so do an
 * uncaught exception and an unhandled rejection (1), after which nothing can be relied on: both are logged.
 *
 * `process.exit(await runProcess({ log, start }))`
 */
export async function runProcess({ log, start, host = process }: ProcessOptions): Promise<number> {
  const stopping = new AbortController();
  const steps: Step[] = [];
  let failed = false;
  const fail = (error: unknown) => {
    failed = true;
    log.error({ err: error }, 'stopping because of an error');
    stopping.abort();
  };
  const lifecycle: Lifecycle = {
    stopping: stopping.signal,
    onStop: (name, stop, { withinMs = STEP_MS } = {}) => void steps.push({ name, stop, withinMs }),
    fail,
  };
  const unlisten = listen(host, log, stopping);
  try {
    const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
    // A signal during the start ends it: what was built so far is taken down again.
    const starting = start(lifecycle).then(() => log.info('started'));
    await Promise.race([starting.catch(fail), stopped]);
    await stopped;
    const clean = await runSteps(steps, log);
    return clean && !failed ? 0 : 1;
  } finally {
    unlisten();
  }
}

/** Whether all went well. Also runs steps that are added meanwhile. */
async function runSteps(steps: Step[], log: Log): Promise<boolean> {
  let clean = true;
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { name, stop, withinMs } = step;
    const startedAtMs = performance.now();
    try {
      await withDeadline(new AbortController().signal, withinMs, async (signal) => await stop(signal));
      log.info({ step: name, tookMs: Math.round(performance.now() - startedAtMs) }, 'stopped');
    } catch (error) {
      clean = false;
      log.error({ step: name, err: error, withinMs }, 'stop step failed');
    }
  }
  return clean;
}

/** Returns how to stop listening. */
function listen(host: ProcessHost, log: Log, stopping: AbortController): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      log.warn({ signal }, 'exiting at once');
      host.exit(130);
      return;
    }
    log.info({ signal }, 'stopping');
    stopping.abort();
  };
  const onFatal = (error: unknown) => {
    log.fatal({ err: error }, 'uncaught error');
    host.exit(1);
  };
  for (const signal of SIGNALS) host.on(signal, onSignal);
  host.on('uncaughtException', onFatal);
  host.on('unhandledRejection', onFatal);
  return () => {
    for (const signal of SIGNALS) host.off(signal, onSignal);
    host.off('uncaughtException', onFatal);
    host.off('unhandledRejection', onFatal);
  };
}
