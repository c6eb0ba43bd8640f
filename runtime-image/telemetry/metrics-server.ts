import type { Server } from 'node:http';
import { http } from '../builtin.ts';
import type { MetricsSources } from './metrics-sources.ts';

/** Serves `/metrics`; has yet to listen. Not part of the start: it is called when the replica answers already. */
export function createMetricsServer(sources: MetricsSources): Server {
  let page: Promise<() => Promise<string>> | undefined;
  return http.createServer(async (message, response) => {
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
}
