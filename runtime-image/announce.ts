import type { Server } from 'node:http';
import { listen } from './http/listen.ts';
import type { ProcessSettings } from './settings.ts';
import type { Fields, JsonLog } from './telemetry/log.ts';
import type { ImportTimes, Start } from './telemetry/metrics.ts';
import { createMetricsServer } from './telemetry/metrics-server.ts';
import type { MetricsSources } from './telemetry/metrics-sources.ts';

interface Started {
  settings: Pick<ProcessSettings, 'host' | 'metricsPort'>;
  log: JsonLog;
  /** The one for traffic, which listens. */
  server: Server;
  start: Start;
  sources: MetricsSources;
}

/** Serves metrics and logs that the replica has started. Resolves with their server; undefined: it cannot listen. */
export async function announce({ settings, log, server, start, sources }: Started): Promise<Server | undefined> {
  const started = { port: portOf(server), startSeconds: rounded(start.phases), ...importSeconds(start.imports) };
  const metrics = createMetricsServer(sources);
  try {
    await listen(metrics, settings.metricsPort, settings.host);
  } catch (error) {
    // The function can be served all the same.
    log.line('error', 'started without metrics', { ...started, err: error });
    return undefined;
  }
  log.line('info', 'started', { metricsPort: portOf(metrics), ...started });
  return metrics;
}

function importSeconds(imports: ImportTimes): Fields {
  return Object.keys(imports).length === 0 ? {} : { importSeconds: rounded(imports) };
}

/** To a tenth of a millisecond: for people to read. */
function rounded(seconds: Readonly<Record<string, number>>): Fields {
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value.toFixed(4))]));
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}
