import type { Server } from 'node:http';
import { http } from '../builtin.ts';
import { listen } from '../http/listen.ts';
import type { RequestMetrics } from './metrics.ts';
import type { ReplicaState } from './metrics-text.ts';

export interface MetricsSources {
  requests: RequestMetrics;
  replica(): ReplicaState;
}

/** Serves `/metrics`. Not part of the start: it is called when the replica answers already. */
export async function serveMetrics(port: number, host: string | undefined, sources: MetricsSources): Promise<Server> {
  let page: Promise<() => Promise<string>> | undefined;
  const server = http.createServer(async (message, response) => {
    if (message.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      page ??= import('./metrics-page.ts').then(({ metricsPage }) => metricsPage(sources));
      const text = await (await page)();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    } catch (error) {
      // A scrape must not end the replica.
      response.writeHead(500).end(error instanceof Error ? error.message : 'the metrics cannot be read');
    }
  });
  await listen(server, port, host);
  return server;
}
