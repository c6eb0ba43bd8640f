import type { Server } from 'node:http';
import { http } from './builtin.ts';
import { nowMs } from './clock.ts';
import { listen } from './listen.ts';
import { type ProcessUsage, type RequestMetrics, replicaText, type StartPhases } from './metrics.ts';

/** How often the event loop's delay is looked at, in milliseconds. */
const LAG_EVERY_MS = 500;

export interface MetricsSources {
  requests: RequestMetrics;
  phases: StartPhases;
  inFlight(): number;
}

/** Serves `/metrics`. Not part of the start: it is called when the replica answers already. */
export async function serveMetrics(port: number, host: string | undefined, sources: MetricsSources): Promise<Server> {
  const lag = watchLag();
  const server = http.createServer((message, response) => {
    if (message.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const text = sources.requests.text() + replicaText(sources.inFlight(), sources.phases, usageNow(lag()));
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  });
  await listen(server, port, host);
  return server;
}

/** Reads the worst lateness of a regular timer since the last reading, in seconds. It keeps no process alive. */
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

function usageNow(eventLoopLagSeconds: number): ProcessUsage {
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    cpuUserMicros: user,
    cpuSystemMicros: system,
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    startTimeSeconds: performance.timeOrigin / 1000,
    eventLoopLagSeconds,
  };
}
