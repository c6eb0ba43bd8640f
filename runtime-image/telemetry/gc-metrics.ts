/** Garbage collections of this process. */
import { Histogram } from './metrics.ts';

/** Upper bounds, in seconds; they and the names of the kinds are prom-client's. */
const BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5];
/** By V8's number. */
const KINDS: Readonly<Record<number, string>> = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };

/** The observer's entry for one collection; `duration` in milliseconds. */
type Collection = PerformanceEntry & { detail: { kind: number } };

/**
 * Counts collections from now on, by kind, in seconds. It loads `node:perf_hooks`: 1 ms and 130 KiB.
 */
export function watchCollections(): ReadonlyMap<string, Histogram> {
  const { PerformanceObserver } = process.getBuiltinModule('node:perf_hooks');
  const byKind = new Map(Object.values(KINDS).map((kind) => [kind, new Histogram(BUCKETS)]));
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Collection[]) {
      byKind.get(KINDS[entry.detail.kind] ?? '')?.observe(entry.duration / 1000);
    }
  });
  observer.observe({ type: 'gc' });
  return byKind;
}
