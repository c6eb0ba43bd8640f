import { Agent, request } from 'node:http';
import { METRIC } from '#api/metric-names.ts';
import type { Scrape } from './demand.ts';
import { type ActivatorSample, parseActivatorMetrics } from './parse-metrics.ts';

/** Far more than the metrics of thousands of functions take. */
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;

/** Of the dozens that each function has there. */
const WANTED = new URLSearchParams(Object.values(METRIC).map((name) => ['name[]', name])).toString();

/** Asks activators for their metrics over connections that it keeps. */
export class Scraper implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #deadlineMs: number;
  readonly #onFailure: (url: string, error: unknown) => void;

  /** @param deadlineMs longest one activator may take. */
  constructor(options: { deadlineMs: number; onFailure: (url: string, error: unknown) => void }) {
    this.#deadlineMs = options.deadlineMs;
    this.#onFailure = options.onFailure;
  }

  /** Never rejects: one that does not answer in time has no samples. */
  async scrape(urls: readonly string[], signal: AbortSignal): Promise<Scrape> {
    const all = await Promise.all(urls.map(async (url) => [url, await this.#ask(url, signal)] as const));
    return { activators: new Map(all) };
  }

  async #ask(url: string, signal: AbortSignal): Promise<Map<string, ActivatorSample> | undefined> {
    try {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(this.#deadlineMs)]);
      return parseActivatorMetrics(await this.#get(`${url.replace(/\/$/, '')}/metrics?${WANTED}`, inTime));
    } catch (error) {
      this.#onFailure(url, error);
      return undefined;
    }
  }

  #get(url: string, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(url, { agent: this.#agent, signal }, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`${url} answers ${response.statusCode}`));
          return;
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > ANSWER_MAX_BYTES)
            response.destroy(new Error(`${url} answers more than ${ANSWER_MAX_BYTES} bytes`));
        });
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      call.on('error', reject);
      call.end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
