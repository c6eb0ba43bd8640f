/**
 * What `/metrics` says, and what it takes to know it. A file of its own in the image too, `metrics-page.mjs`, loaded when
 * it is asked for the first time: a replica that is not scraped needs neither the memory nor the timer.
 */
import { fs } from '../builtin.ts';
import { nowMs } from '../clock.ts';
import { watchCollections } from './gc-metrics.ts';
import type { MetricsSources } from './metrics-sources.ts';
import { metricsText, type ProcessUsage } from './metrics-text.ts';

/** How often the event loop's delay is looked at, in milliseconds: a pod that does nothing should not wake often. */
const LAG_EVERY_MS = 500;

/** Begins to watch this process; the result reads it. */
export function metricsPage({ requests, replica }: MetricsSources): () => Promise<string> {
  const usage = watchProcess();
  return async () => metricsText(requests, replica(), await usage());
}

function watchProcess(): () => Promise<ProcessUsage> {
  const worstLagSeconds = watchLag();
  const collections = watchCollections();
  return async () => {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      cpuUserMicros: user,
      cpuSystemMicros: system,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
      startTimeSeconds: performance.timeOrigin / 1000,
      openFiles: openFiles(),
      eventLoop: {
        lagSeconds: await lagNow(),
        worstLagSeconds: worstLagSeconds(),
        busySeconds: performance.eventLoopUtilization().active / 1000,
      },
      collections,
    };
  };
}

/**
 * Reads the worst lateness of a regular timer since the last reading, in seconds. It keeps no process alive. Node's own
 * histogram of delays has its own interval in each of them, and a percentile of so few says no more than the worst.
 */
function watchLag(): () => number {
  let worstMs = 0;
  let beforeMs = nowMs();
  setInterval(() => {
    const atMs = nowMs();
    worstMs = Math.max(worstMs, atMs - beforeMs - LAG_EVERY_MS);
    beforeMs = atMs;
  }, LAG_EVERY_MS).unref();
  return () => {
    const seconds = worstMs / 1000;
    worstMs = 0;
    return seconds;
  };
}

async function lagNow(): Promise<number> {
  const fromMs = nowMs();
  await new Promise((resolve) => setImmediate(resolve));
  return (nowMs() - fromMs) / 1000;
}

function openFiles(): number | undefined {
  try {
    // Less the one that this reading takes.
    return fs.readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
