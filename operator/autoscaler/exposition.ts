import { METRIC } from '#api/metric-names.ts';

/** What one activator says of one function. */
export interface ActivatorSample {
  /** Integral of the requests in flight or waiting, in request-seconds; starts at 0 with the process. */
  concurrencySeconds: number;
  /** Requests in flight or waiting now. */
  concurrency: number;
  /** Requests received; starts at 0 with the process. */
  requests: number;
}

const FIELDS = new Map<string, keyof ActivatorSample>([
  [METRIC.concurrencySeconds, 'concurrencySeconds'],
  [METRIC.concurrency, 'concurrency'],
  [METRIC.requests, 'requests'],
]);
const LINE = /^([a-zA-Z_:][\w:]*)\{(.*)\} (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * Samples by `<namespace>/<name>` from Prometheus' text format; other metrics are passed over. Series that differ in
 * further labels, such as a status code, are added up.
 */
export function parseActivatorMetrics(text: string): Map<string, ActivatorSample> {
  const samples = new Map<string, ActivatorSample>();
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', number = ''] = LINE.exec(line) ?? [];
    const field = FIELDS.get(name);
    const value = Number(number);
    if (field === undefined || number === '' || !Number.isFinite(value)) continue;
    const { namespace, function: fn } = parseLabels(labels);
    if (namespace === undefined || fn === undefined) continue;
    const key = `${namespace}/${fn}`;
    const sample = samples.get(key) ?? { concurrencySeconds: 0, concurrency: 0, requests: 0 };
    sample[field] += value;
    samples.set(key, sample);
  }
  return samples;
}

/** Values are DNS names where it matters: nothing in them is escaped. */
function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [name, value]));
}
