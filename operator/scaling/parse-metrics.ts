import { METRIC } from '#api/metric-names.ts';

/** What one activator says of one function. */
export interface ActivatorSample {
  /** Integral of the requests in flight or waiting, in request-seconds; starts at 0 with the process. */
  concurrencySeconds: number;
  /** Requests in flight or waiting now. */
  concurrency: number;
  /** Requests received; starts at 0 with the process. */
  requests: number;
  /** What it learned of starts and requests; absent: nothing. */
  startSeconds?: number;
  requestSeconds?: number;
  /** The revision that requests go to; absent: none, or the activator does not say. */
  revision?: string;
}

const FIELDS = new Map<string, 'concurrencySeconds' | 'concurrency' | 'requests'>([
  [METRIC.concurrencySeconds, 'concurrencySeconds'],
  [METRIC.concurrency, 'concurrency'],
  [METRIC.requests, 'requests'],
]);
/** Gauges of which there is one for each function. */
const LEARNED = new Map<string, 'startSeconds' | 'requestSeconds'>([
  [METRIC.learnedStart, 'startSeconds'],
  [METRIC.learnedRequest, 'requestSeconds'],
]);
const WANTED = new Set<string>(Object.values(METRIC));
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
    const value = Number(number);
    if (!WANTED.has(name) || number === '' || !Number.isFinite(value)) continue;
    const { namespace, function: fn, revision } = parseLabels(labels);
    if (namespace === undefined || fn === undefined) continue;
    const key = `${namespace}/${fn}`;
    const sample = samples.get(key) ?? { concurrencySeconds: 0, concurrency: 0, requests: 0 };
    note(sample, name, value, revision);
    samples.set(key, sample);
  }
  return samples;
}

function note(sample: ActivatorSample, name: string, value: number, revision: string | undefined): void {
  const field = FIELDS.get(name);
  const learned = LEARNED.get(name);
  if (field !== undefined) sample[field] += value;
  else if (learned !== undefined) sample[learned] = value;
  else if (revision !== undefined) sample.revision = revision;
}

/** Values are DNS names where it matters: nothing in them is escaped. */
function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [name, value]));
}
