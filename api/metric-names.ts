/** Prometheus metrics that one process exports and another reads; base units, labels `namespace` and `function`; the first three by `revision` too. */
export const METRIC = {
  /**
   * Counter: the integral of requests in flight or waiting over time, in request-seconds. Its increase over a window,
   * divided by the window, is the exact mean concurrency, whatever the scrape interval; it adds up over activators.
   */
  concurrencySeconds: 'catnap_activator_concurrency_seconds_total',
  /** Gauge: requests in flight or waiting now. */
  concurrency: 'catnap_activator_concurrency',
  /** Counter: requests received for a function. A change means that the function was not idle in between. */
  requests: 'catnap_activator_requests_total',
  /** Gauge: what was learned of a function's starts and requests, in seconds. Averages over activators. */
  learnedStart: 'catnap_activator_learned_start_seconds',
  learnedRequest: 'catnap_activator_learned_request_seconds',
  /** Gauge, 1, with the label `revision`: the one that requests for a function go to. */
  chosenRevision: 'catnap_activator_chosen_revision',
} as const;
