import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '#platform/process/metrics.ts';
import { PeerCounts } from '../peers/counts.ts';
import { aSummary } from '../testing/test-record.ts';
import { ColdStarts } from './cold-start-metrics.ts';
import { FunctionCounters } from './function-counters.ts';
import type { CountedFunction, RevisionLoad } from './function-metrics.ts';
import { activatorMetrics } from './metrics.ts';

class Stage {
  readonly coldStarts = new ColdStarts();
  readonly unrouted = new FunctionCounters(this.coldStarts);
  readonly functions = new Map<string, CountedFunction>();
  readonly #metrics = activatorMetrics(createRegistry(), {
    functions: () => this.functions.values(),
    unrouted: this.unrouted,
    coldStarts: this.coldStarts,
    gateway: { connections: 3, upgrades: 1, connectionLimit: { most: 9, refused: 4 } },
    accessLog: { dropped: 2 },
    starts: { parallelCost: 0.25 },
    peers: { counts: new PeerCounts(), streams: { out: 1, in: 2 } },
  });

  add(name: string, parts: Partial<CountedFunction> = {}): FunctionCounters {
    const counters = new FunctionCounters(this.coldStarts);
    this.functions.set(name, {
      config: { namespace: 'default', name },
      requests: 1,
      pods: 0,
      waiting: 0,
      loads: [aLoad(undefined)],
      counters,
      learned: undefined,
      chosen: undefined,
      ...parts,
    });
    return counters;
  }

  async lines(...names: string[]): Promise<string[]> {
    const bytes = await this.#metrics.bytes(names.length > 0 ? new Set(names) : undefined);
    return Buffer.concat(bytes).toString().split('\n');
  }

  /** Those of one metric, without its name. */
  async series(name: string): Promise<string[]> {
    return (await this.lines(name)).filter((line) => line.startsWith(name)).map((line) => line.slice(name.length));
  }
}

const aLoad = (revision: string | undefined, parts: Partial<RevisionLoad> = {}): RevisionLoad => ({
  revision,
  requests: 1,
  waiting: 0,
  inFlight: 0,
  concurrencySeconds: () => 0,
  ...parts,
});

const HELLO = 'namespace="default",function="hello"';

test('the revision that requests go to has a series, where there is one', async () => {
  const stage = new Stage();
  stage.add('hello', { chosen: 'hello-2' });
  stage.add('other');
  assert.deepEqual(await stage.series('catnap_activator_chosen_revision'), [`{${HELLO},revision="hello-2"} 1`]);
});

test('requests, and those in flight or waiting, have a series for each revision', async () => {
  const stage = new Stage();
  const old = aLoad('hello-1', { requests: 9, inFlight: 2, concurrencySeconds: () => 4.5 });
  const next = aLoad('hello-2', { requests: 3, inFlight: 1, waiting: 2, concurrencySeconds: () => 0.5 });
  const unused = aLoad('hello-3', { requests: 0 });
  stage.add('hello', { chosen: 'hello-2', loads: [old, next, unused, aLoad(undefined)] });
  stage.add('quiet', { chosen: 'quiet-1', pods: 1, requests: 0, loads: [aLoad('quiet-1', { requests: 0 })] });
  const quiet = 'namespace="default",function="quiet",revision="quiet-1"';
  assert.deepEqual(await stage.series('catnap_activator_requests_total'), [
    `{${HELLO},revision="hello-1"} 9`,
    `{${HELLO},revision="hello-2"} 3`,
    `{${HELLO}} 1`,
    `{${quiet}} 0`,
  ]);
  assert.deepEqual(await stage.series('catnap_activator_concurrency'), [
    `{${HELLO},revision="hello-1"} 2`,
    `{${HELLO},revision="hello-2"} 3`,
    `{${HELLO}} 0`,
    `{${quiet}} 0`,
  ]);
});

test('a revision that only took over what waited keeps its series of the time that this took', async () => {
  const stage = new Stage();
  const old = aLoad('hello-1', { requests: 0, concurrencySeconds: () => 4.5 });
  stage.add('hello', { chosen: 'hello-2', loads: [old] });
  const seconds = await stage.series('catnap_activator_concurrency_seconds_total');
  assert.deepEqual(seconds, [`{${HELLO},revision="hello-1"} 4.5`]);
});

test('answers are counted by revision and status; what no replica had is of none', async () => {
  const stage = new Stage();
  const hello = stage.add('hello');
  hello.finished(aSummary());
  hello.finished(aSummary());
  hello.finished(aSummary({ status: 0 }));
  hello.finished(aSummary({ status: 503, revision: undefined, code: 'QueueFull' }));
  assert.deepEqual(await stage.series('catnap_activator_responses_total'), [
    `{${HELLO},revision="hello-1",code="200"} 2`,
    `{${HELLO},revision="hello-1",code="aborted"} 1`,
    `{${HELLO},code="503"} 1`,
  ]);
  assert.deepEqual(await stage.series('catnap_activator_failures_total'), [`{${HELLO},error="QueueFull"} 1`]);
});

test('requests that found no function are counted without one', async () => {
  const stage = new Stage();
  stage.unrouted.finished(aSummary({ functionKey: null, code: 'FunctionNotFound', status: 404 }));
  assert.deepEqual(await stage.series('catnap_activator_failures_total'), ['{error="FunctionNotFound"} 1']);
});

test('durations and waits are histograms in seconds, bytes are added up', async () => {
  const stage = new Stage();
  const hello = stage.add('hello');
  hello.finished(aSummary({ totalMs: 20, queueMs: 2, coldMs: 8, bytesIn: 10, bytesOut: 100 }));
  hello.finished(aSummary({ totalMs: 400_000, queueMs: 0, coldMs: 0, bytesIn: 1, bytesOut: 2 }));
  const durations = await stage.series('catnap_activator_request_duration_seconds');
  assert.equal(
    durations.find((line) => line.includes('le="0.01"')),
    `_bucket{${HELLO},le="0.01"} 0`,
  );
  assert.equal(
    durations.find((line) => line.includes('le="0.025"')),
    `_bucket{${HELLO},le="0.025"} 1`,
  );
  assert.equal(
    durations.find((line) => line.includes('le="300"')),
    `_bucket{${HELLO},le="300"} 1`,
  );
  assert.deepEqual(durations.slice(-3), [
    `_bucket{${HELLO},le="+Inf"} 2`,
    `_sum{${HELLO}} 400.02`,
    `_count{${HELLO}} 2`,
  ]);
  const waits = await stage.series('catnap_activator_queue_wait_seconds');
  assert.ok(waits.includes(`_bucket{${HELLO},le="0.025"} 2`) && waits.includes(`_bucket{${HELLO},le="0.005"} 1`));
  assert.deepEqual(await stage.series('catnap_activator_received_bytes_total'), [`{${HELLO}} 11`]);
  assert.deepEqual(await stage.series('catnap_activator_sent_bytes_total'), [`{${HELLO}} 102`]);
});

test('a revision that is neither served nor the newest has its series for five minutes more, and counts on where it is back', async () => {
  const stage = new Stage();
  const hello = stage.add('hello');
  for (const revision of ['hello-1', 'hello-2', 'hello-3']) hello.finished(aSummary({ revision, functionMs: 500 }));
  hello.finished(aSummary({ revision: undefined }));
  const told = async () => {
    const series = await stage.series('catnap_activator_function_seconds_total');
    return series.map((line) => /hello-(\d+)"} (.*)$/.exec(line)?.slice(1).join(': '));
  };
  hello.keepRevisions(['hello-3', 'hello-2'], 0);
  assert.deepEqual(await told(), ['1: 0.5', '2: 0.5', '3: 0.5']);
  hello.keepRevisions(['hello-3', 'hello-1'], 299_999);
  hello.finished(aSummary({ revision: 'hello-1', functionMs: 500 }));
  assert.deepEqual(await told(), ['1: 1', '2: 0.5', '3: 0.5']);
  hello.keepRevisions(['hello-3'], 400_000);
  hello.keepRevisions(['hello-3'], 600_000);
  assert.deepEqual(await told(), ['1: 1', '3: 0.5']);
  assert.equal((await stage.series('catnap_activator_responses_total')).length, 3);
});

test('a function that answers with ever new status codes has a bounded number of series', async () => {
  const stage = new Stage();
  const hello = stage.add('hello');
  for (let status = 200; status < 600; status += 1) hello.finished(aSummary({ status }));
  const series = await stage.series('catnap_activator_responses_total');
  assert.equal(series.length, 32 + 4);
  assert.ok(series.includes(`{${HELLO},revision="hello-1",code="5xx"} 100`));
});

test('a function without requests and pods has no series, and one that is gone has none any more', async () => {
  const stage = new Stage();
  stage.add('asleep', { requests: 0 });
  stage.add('hello');
  const all = await stage.lines();
  assert.ok(!all.some((line) => line.includes('asleep')) && all.some((line) => line.includes(HELLO)));
  stage.functions.clear();
  assert.ok(!(await stage.lines()).some((line) => line.includes(HELLO)));
});

test('the phases of cold starts are counted for all functions together, cold starts for each', async () => {
  const stage = new Stage();
  const times = { waitingAtMs: 0, scaledAtMs: 8, scheduledAtMs: 20, addressAtMs: 220, answeredAtMs: 280 };
  for (const name of ['hello', 'other']) {
    const counters = stage.add(name);
    counters.coldStarted(times);
    counters.finished(aSummary({ coldMs: 280, firstByteMs: 4 }));
    counters.finished(aSummary({ coldMs: 270, firstByteMs: 4 }));
  }
  const phases = await stage.series('catnap_activator_cold_start_phase_seconds');
  assert.deepEqual(
    phases.filter((line) => line.startsWith('_count')),
    ['scale', 'scheduled', 'address', 'answer', 'first_byte'].map((phase) => `_count{phase="${phase}"} 2`),
  );
  assert.ok(phases.includes('_bucket{phase="address",le="0.2"} 2') && phases.includes('_sum{phase="address"} 0.4'));
  const starts = await stage.series('catnap_activator_cold_start_seconds');
  assert.ok(starts.includes(`_bucket{${HELLO},le="0.3"} 1`) && starts.includes(`_count{${HELLO}} 1`));
});

test('connections, upgraded ones, and lost lines of the access log are counted', async () => {
  const lines = await new Stage().lines();
  assert.ok(lines.includes('catnap_activator_connections 3'));
  assert.ok(lines.includes('catnap_activator_upgraded_connections 1'));
  assert.ok(lines.includes('catnap_activator_access_log_dropped_lines_total 2'));
  assert.ok(lines.some((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds ')));
});

test('requests have their turns while the metrics of a thousand functions are written', async () => {
  const stage = new Stage();
  for (let i = 0; i < 1_000; i += 1) stage.add(`function-${i}`).finished(aSummary());
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  const lines = await stage.lines();
  clearImmediate(counting);
  assert.ok(turns >= 15, `${turns} turns`);
  const counts = lines.filter((line) => line.startsWith('catnap_activator_request_duration_seconds_count'));
  assert.equal(counts.length, 1_000);
  assert.equal(lines.filter((line) => line.startsWith('# TYPE catnap_activator_requests_total')).length, 1);
});

test('what was learned of starts and requests is a metric, in seconds, as far as it was', async () => {
  const stage = new Stage();
  stage.add('known', { learned: { startMs: 300, requestMs: 50 } });
  stage.add('new', { learned: { startMs: undefined, requestMs: 7 } });
  assert.deepEqual(await stage.series('catnap_activator_learned_start_seconds'), [
    '{namespace="default",function="known"} 0.3',
  ]);
  assert.deepEqual(await stage.series('catnap_activator_learned_request_seconds'), [
    '{namespace="default",function="known"} 0.05',
    '{namespace="default",function="new"} 0.007',
  ]);
  assert.deepEqual(await stage.series('catnap_activator_learned_parallel_start_cost'), [' 0.25']);
});
