import { METRIC } from '#api/metric-names.ts';
import type { FunctionCounters } from './function-counters.ts';
import type { MetricFamily, MetricText } from './prometheus-text.ts';

/** What there is of one revision's requests; those that came before there was a revision are of undefined. */
export interface RevisionLoad {
  readonly revision: string | undefined;
  readonly requests: number;
  readonly waiting: number;
  readonly inFlight: number;
  /** The exact integral of those in flight or waiting, in request-seconds. */
  concurrencySeconds(): number;
}

/** A function, as its metrics see it. */
export interface CountedFunction {
  readonly config: { readonly namespace: string; readonly name: string };
  readonly requests: number;
  readonly pods: number;
  readonly waiting: number;
  /** Of each revision that requests go to, may go to, are still with, or were with not long ago. */
  readonly loads: Iterable<RevisionLoad>;
  readonly counters: FunctionCounters | undefined;
  /** Of its starts and requests; undefined: nothing. */
  readonly learned: { readonly startMs: number | undefined; readonly requestMs: number | undefined } | undefined;
  /** The revision that requests go to; undefined: there is none. */
  readonly chosen: string | undefined;
}

/** One metric, and how a function's series of it come about. */
interface FunctionMetric extends MetricFamily {
  write(fn: CountedFunction, labels: string, to: MetricText): void;
}

const BY_FUNCTION = ['namespace', 'function'] as const;
const BY_REVISION = [...BY_FUNCTION, 'revision'] as const;

/** What is said of each function that has had a request or has a pod. */
export const FUNCTION_METRICS: readonly FunctionMetric[] = [
  {
    name: METRIC.concurrencySeconds,
    type: 'counter',
    help: 'Requests in flight or waiting, integrated over time: its rate is the mean concurrency.',
    labels: BY_REVISION,
    write: (fn, labels, to) => writeLoads(fn, labels, to, (load) => load.concurrencySeconds()),
  },
  {
    name: METRIC.concurrency,
    type: 'gauge',
    help: 'Requests in flight or waiting now.',
    labels: BY_REVISION,
    write: (fn, labels, to) => writeLoads(fn, labels, to, (load) => load.inFlight + load.waiting),
  },
  {
    name: METRIC.requests,
    type: 'counter',
    help: 'Requests received, by the revision that they went to at first (none: there was none yet).',
    labels: BY_REVISION,
    write: (fn, labels, to) => writeLoads(fn, labels, to, (load) => load.requests),
  },
  {
    name: METRIC.chosenRevision,
    type: 'gauge',
    help: '1 for the revision that requests go to.',
    labels: BY_REVISION,
    write: (fn, labels, to) => fn.chosen !== undefined && to.add(ofRevision(labels, fn.chosen), 1),
  },
  {
    name: 'catnap_activator_waiting_requests',
    type: 'gauge',
    help: 'Requests that wait for a replica now; those of the concurrency that are not in flight.',
    labels: BY_FUNCTION,
    write: (fn, labels, to) => to.add(labels, fn.waiting),
  },
  {
    name: 'catnap_activator_responses_total',
    type: 'counter',
    help: 'Requests that are over, by the revision that had them (none: the gateway answered itself) and the status of their answer (aborted: none was begun).',
    labels: [...BY_FUNCTION, 'revision', 'code'],
    write: (fn, labels, to) => {
      for (const [revision, { answers }] of fn.counters?.revisions ?? []) {
        const of = ofRevision(labels, revision);
        for (const [code, count] of answers) to.add(`${of},code="${code}"`, count);
      }
    },
  },
  {
    name: 'catnap_activator_function_seconds_total',
    type: 'counter',
    help: "Time that a revision's replicas spent on requests that are over; by responses, their mean duration.",
    labels: BY_REVISION,
    write: (fn, labels, to) => {
      for (const [revision, { seconds }] of fn.counters?.revisions ?? []) {
        if (revision !== '') to.add(ofRevision(labels, revision), seconds);
      }
    },
  },
  {
    name: 'catnap_activator_failures_total',
    type: 'counter',
    help: 'Requests that the gateway answered itself, or whose answer it broke off, by error code; without namespace and function: none was found.',
    labels: [...BY_FUNCTION, 'error'],
    write: (fn, labels, to) => {
      for (const [error, count] of fn.counters?.failures ?? []) to.add(withLabel(labels, `error="${error}"`), count);
    },
  },
  {
    name: 'catnap_activator_policy_decisions_total',
    type: 'counter',
    help: 'What policies decided of requests: passed, answered (such as a redirect), refused, or failed (what they asked for did not come).',
    labels: [...BY_FUNCTION, 'policy', 'outcome'],
    write: (fn, labels, to) => {
      for (const [policy, outcomes] of fn.counters?.policies ?? []) {
        for (const [outcome, count] of outcomes) to.add(`${labels},policy="${policy}",outcome="${outcome}"`, count);
      }
    },
  },
  {
    name: 'catnap_activator_async_accepted_total',
    type: 'counter',
    help: 'Requests that were answered with 202, to be delivered later, by outcome: accepted, or existing (accepted before, with the same idempotency key). Those that were not: catnap_activator_failures_total.',
    labels: [...BY_FUNCTION, 'outcome'],
    write: (fn, labels, to) => {
      const { stored } = fn.counters ?? {};
      if (stored === undefined) return;
      to.add(`${labels},outcome="accepted"`, stored.accepted);
      to.add(`${labels},outcome="existing"`, stored.existing);
    },
  },
  {
    name: 'catnap_activator_async_durable_seconds',
    type: 'histogram',
    help: 'From when all of such a request was here until the dispatcher had it on disk.',
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.counters?.stored && to.addHistogram(labels, fn.counters.stored.durable),
  },
  {
    name: 'catnap_activator_request_duration_seconds',
    type: 'histogram',
    help: "From a request's arrival to the end of its answer.",
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.counters && to.addHistogram(labels, fn.counters.durations),
  },
  {
    name: 'catnap_activator_queue_wait_seconds',
    type: 'histogram',
    help: "From a request's arrival until a replica had it, cold start included.",
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.counters && to.addHistogram(labels, fn.counters.waits),
  },
  {
    name: 'catnap_activator_received_bytes_total',
    type: 'counter',
    help: "Bytes of requests' bodies, as far as they were read.",
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.counters && to.add(labels, fn.counters.bytesIn),
  },
  {
    name: 'catnap_activator_sent_bytes_total',
    type: 'counter',
    help: "Bytes of answers' bodies.",
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.counters && to.add(labels, fn.counters.bytesOut),
  },
  {
    name: 'catnap_activator_cold_start_seconds',
    type: 'histogram',
    help: 'From the first request that waited to the first replica that answered.',
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.counters?.coldStarts && to.addHistogram(labels, fn.counters.coldStarts),
  },
  {
    name: METRIC.learnedStart,
    type: 'gauge',
    help: "What was learned of its replicas' starts: from a pod's making to its first answer, of one that starts by itself.",
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.learned?.startMs !== undefined && to.add(labels, fn.learned.startMs / 1000),
  },
  {
    name: METRIC.learnedRequest,
    type: 'gauge',
    help: 'What was learned of its requests: the mean time that a replica spends on one of the last.',
    labels: BY_FUNCTION,
    write: (fn, labels, to) => fn.learned?.requestMs !== undefined && to.add(labels, fn.learned.requestMs / 1000),
  },
];

/** Those that have samples: a function that had neither a request, not even one that was refused or stored, nor a pod has none. */
export function isCounted(fn: CountedFunction): boolean {
  if (fn.requests > 0 || fn.pods > 0) return true;
  const { policies, stored, failures } = fn.counters ?? {};
  return policies !== undefined || stored !== undefined || (failures?.size ?? 0) > 0;
}

export function functionLabels({ config }: CountedFunction): string {
  return `namespace="${config.namespace}",function="${config.name}"`;
}

function writeLoads(
  { loads, chosen }: CountedFunction,
  labels: string,
  to: MetricText,
  figure: (load: RevisionLoad) => number,
): void {
  for (const load of loads) {
    // One that has had no request has no series, but for the one that the next request goes to.
    const has = load.requests > 0 || load.inFlight > 0 || load.waiting > 0 || load.concurrencySeconds() > 0;
    if (!has && load.revision !== chosen) continue;
    to.add(ofRevision(labels, load.revision ?? ''), figure(load));
  }
}

function ofRevision(labels: string, revision: string): string {
  return revision === '' ? labels : withLabel(labels, `revision="${revision}"`);
}

export function withLabel(labels: string, label: string): string {
  return labels === '' ? label : `${labels},${label}`;
}
