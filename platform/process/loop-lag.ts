import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';

/** Nanoseconds. */
type Lag = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  'count' | 'min' | 'max' | 'mean' | 'stddev' | 'percentile' | 'reset'
>;

/** The library's own sampler cannot be left out; with this between two samples it never takes one. */
export const NEVER_SAMPLED_MS = 2 ** 31 - 1;
/** Between two samples of a Node that cannot take them at each turn (before 26). */
const RESOLUTION_MS = 100;

const NAME = 'nodejs_eventloop_lag';
const READINGS: readonly { reading: string; help: string; of: (lag: Lag) => number }[] = [
  { reading: 'min', help: 'The shortest', of: (lag) => lag.min },
  { reading: 'max', help: 'The longest', of: (lag) => lag.max },
  { reading: 'mean', help: 'The mean', of: (lag) => lag.mean },
  { reading: 'stddev', help: 'The standard deviation', of: (lag) => lag.stddev },
  { reading: 'p50', help: 'The median', of: (lag) => lag.percentile(50) },
  { reading: 'p90', help: 'The 90th percentile', of: (lag) => lag.percentile(90) },
  { reading: 'p99', help: 'The 99th percentile', of: (lag) => lag.percentile(99) },
];

/**
 * In place of the library's metrics of the event loop, which need a timer: for how long each turn's work held up what
 * came meanwhile, taken as the turn ends. Each look begins a new period; 0 of one without a turn.
 */
export function registerLoopLag(registry: Registry, lag: Lag = everyTurn()): void {
  const registers = [registry];
  const period = periods(lag);
  for (const { reading, help } of READINGS) {
    const name = `${NAME}_${reading}_seconds`;
    registry.removeSingleMetric(name);
    new Gauge({
      name,
      help: `${help} of the times that a turn of the event loop took, since the last look.`,
      registers,
      collect() {
        this.set(period()[reading] ?? 0);
      },
    });
  }
  registry.removeSingleMetric(`${NAME}_seconds`);
  new Gauge({
    name: `${NAME}_seconds`,
    help: 'From this look to the next turn of the event loop.',
    registers,
    async collect() {
      const startedAtMs = performance.now();
      await nextTurn();
      this.set((performance.now() - startedAtMs) / 1000);
    },
  });
}

/** Seconds by reading; the same for all that ask within one turn. */
function periods(lag: Lag): () => Readonly<Record<string, number>> {
  let taken: Readonly<Record<string, number>> | undefined;
  return () => {
    if (taken !== undefined) return taken;
    const seconds = (of: (lag: Lag) => number) => (lag.count > 0 ? of(lag) / 1e9 : 0);
    taken = Object.fromEntries(READINGS.map(({ reading, of }) => [reading, seconds(of)]));
    lag.reset();
    setImmediate(() => {
      taken = undefined;
    });
    return taken;
  };
}

function everyTurn(): Lag {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS, samplePerIteration: true });
  lag.enable();
  return lag;
}
