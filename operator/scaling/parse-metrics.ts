import { METRIC } from '#api/metric-names.ts';

/** What one activator says of the requests of one revision. */
export interface RevisionLoad {
  /** Integral of the requests in flight or waiting, in request-seconds; starts at 0 with the process. */
  concurrencySeconds: number;
  /** Requests in flight or waiting now. */
  concurrency: number;
  /** Requests received; starts at 0 with the process. */
  requests: number;
}

/** What one activator says of one function. */
export interface ActivatorSample {
  /** By the revision that requests went to; '' where none is named: there was none then. */
  loads: ReadonlyMap<string, RevisionLoad>;
  /** What it learned of starts and requests; absent: nothing. */
  startSeconds?: number;
  requestSeconds?: number;
  /** The revision that requests go to; absent: none, or the activator does not say. */
  revision?: string;
}

const FIELDS = new Map<string, keyof RevisionLoad>([
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
 * Samples by `<namespace>/<name>` from Prometheus' text format; other metrics are passed over. Series of a revision that
 * differ in further labels, such as a status code, are added up.
 */
export function parseActivatorMetrics(text: string): Map<string, ActivatorSample> {
  const samples = new Map<string, Draft>();
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', number = ''] = LINE.exec(line) ?? [];
    const value = Number(number);
    if (!WANTED.has(name) || number === '' || !Number.isFinite(value)) continue;
    const { namespace, function: fn, revision } = parseLabels(labels);
    if (namespace === undefined || fn === undefined) continue;
    const key = `${namespace}/${fn}`;
    const sample = samples.get(key) ?? { loads: new Map() };
    note(sample, name, value, revision);
    samples.set(key, sample);
  }
  return samples;
}

interface Draft extends ActivatorSample {
  loads: Map<string, RevisionLoad>;
}

function note(sample: Draft, name: string, value: number, revision: string | undefined): void {
  const field = FIELDS.get(name);
  const learned = LEARNED.get(name);
  if (field !== undefined) loadOf(sample, revision ?? '')[field] += value;
  else if (learned !== undefined) sample[learned] = value;
  else if (revision !== undefined) sample.revision = revision;
}

function loadOf({ loads }: Draft, revision: string): RevisionLoad {
  const load = loads.get(revision) ?? { concurrencySeconds: 0, concurrency: 0, requests: 0 };
  loads.set(revision, load);
  return load;
}

/** Values are DNS names where it matters: nothing in them is escaped. */
function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [name, value]));
}
