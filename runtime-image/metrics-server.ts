/**
 * `/metrics`, and what it takes to know what it says. A file of its own in the image too, `metrics-server.mjs`: it is
 * loaded when the replica answers already.
 */
import type { Server } from 'node:http';
import { fs, http } from './builtin.ts';
import { nowMs } from './clock.ts';
import { watchCollections } from './collections.ts';
import { listen } from './listen.ts';
import type { RequestMetrics } from './metrics.ts';
import { metricsText, type ProcessUsage, type ReplicaState } from './metrics-text.ts';

/** How often the event loop's delay is looked at, in milliseconds: a pod that does nothing should not wake often. */
const LAG_EVERY_MS = 500;

export interface MetricsSources {
  requests: RequestMetrics;
  replica(): ReplicaState;
}

export async function serveMetrics(port: number, host: string | undefined, sources: MetricsSources): Promise<Server> {
  const usage = watchProcess();
  const server = http.createServer(async (message, response) => {
    if (message.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const text = metricsText(sources.requests, sources.replica(), await usage());
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  });
  await listen(server, port, host);
  return server;
}

/** Begins to watch this process. */
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
