/** Two operators, of which one works: real processes, and all that they send to the API server. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND, SYSTEM_NAMESPACE } from '#api/names.ts';
import { NAMESPACES } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { type OperatorOnWire, type Passed, startApiServer, startOperatorOnWire } from './operator-process.ts';

const parts = new AsyncDisposableStack();
after(() => parts.disposeAsync());
const { cluster, kube } = await startApiServer(parts);
/** Longest that a spec is changed again and again, in milliseconds. */
const CHANGES_MS = 300_000;
const soon = () => AbortSignal.timeout(90_000);
const makeNamespace = (name: string) =>
  kube.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { signal: soon() });
await makeNamespace(SYSTEM_NAMESPACE);

/** A pair of operators with a namespace and a lease of their own, where something changes all the time. */
class Pair implements AsyncDisposable {
  readonly passed: Passed[] = [];
  readonly first: OperatorOnWire;
  readonly second: OperatorOnWire;
  readonly namespace: string;
  readonly #parts: AsyncDisposableStack;
  readonly #stop = new AbortController();
  #changing: Promise<void> = Promise.resolve();

  private constructor(namespace: string, stack: AsyncDisposableStack, operators: OperatorOnWire[], passed: Passed[]) {
    this.namespace = namespace;
    this.#parts = stack;
    [this.first, this.second] = operators as [OperatorOnWire, OperatorOnWire];
    this.passed = passed;
  }

  static async start(namespace: string): Promise<Pair> {
    const stack = new AsyncDisposableStack();
    const passed: Passed[] = [];
    await makeNamespace(namespace);
    const env = {
      CATNAP_LEASE: `operator-${namespace}`,
      CATNAP_NAMESPACES: namespace,
      CATNAP_ACTIVATOR_URLS: 'http://127.0.0.1:9',
    };
    const first = await startOperatorOnWire(stack, cluster, { who: 'first', passed, env });
    await eventually('the first leads', () => first.leads());
    const second = await startOperatorOnWire(stack, cluster, { who: 'second', passed, env });
    const pair = new Pair(namespace, stack, [first, second], passed);
    pair.#changing = pair.#change();
    try {
      await eventually('the first works', () => pair.writes('first').length > 10);
    } catch (error) {
      // What goes on would keep this process alive.
      await pair[Symbol.asyncDispose]();
      throw error;
    }
    return pair;
  }

  /** What an operator wrote, but for its lease. */
  writes(who: string): Passed[] {
    return this.passed.filter((one) => one.who === who && one.method !== 'GET' && !one.path.includes('/leases'));
  }

  /** How long after `sinceMs` the second one wrote something first, in milliseconds. */
  async takenOver(sinceMs: number): Promise<number> {
    await eventually('the second works', () => this.writes('second').length > 10, 30_000);
    assert.equal(await this.second.leads(), true);
    return (this.writes('second')[0]?.atMs ?? 0) - sinceMs;
  }

  /** Milliseconds from the last write of the first one to the first write of the second. */
  gapMs(): number {
    return (this.writes('second')[0]?.atMs ?? 0) - (this.writes('first').at(-1)?.atMs ?? 0);
  }

  /** Without an end: a change of the spec, of which the leader has to tell in the status. */
  async #change(): Promise<void> {
    const metadata = { namespace: this.namespace, name: 'busy' };
    let n = 0;
    const change = async () => {
      n += 1;
      const spec = { image: 'x', scaling: { maxReplicas: 1 + (n % 50) } };
      const object = { apiVersion: API_VERSION, kind: KIND, metadata, spec } as unknown as FunctionObject;
      await kube.apply<FunctionObject>(FUNCTIONS, object, { fieldManager: 'user', signal: soon() });
      return this.#stop.signal.aborted;
    };
    await eventually('the changes end', change, CHANGES_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    try {
      await this.#changing;
    } finally {
      await this.#parts.disposeAsync();
    }
  }
}

describe('of two operators one works', { concurrency: true }, () => {
  test('the other stands by: ready, silent, and in its own namespaces; it takes over at once after a clean stop', async (t) => {
    await using pair = await Pair.start('clean');
    assert.deepEqual([await pair.second.ready(), await pair.second.leads()], [true, false]);
    assert.deepEqual(pair.writes('second'), []);
    const read = pair.passed.filter(({ method, path }) => method === 'GET' && !path.includes('/leases'));
    assert.deepEqual(
      read.filter(({ path }) => !path.includes('/namespaces/clean/')),
      [],
    );
    const ungated = pair.writes('first').filter(({ path }) => !path.includes('timeout=4000ms'));
    assert.deepEqual(ungated, [], 'each write passes the gate');
    const toldMs = performance.now();
    pair.first.process.kill('SIGTERM');
    await pair.first.exited;
    assert.equal(pair.first.process.exitCode, 0);
    const tookMs = await pair.takenOver(toldMs);
    t.diagnostic(`taken over after ${Math.round(tookMs)} ms`);
    assert.ok(tookMs < 5_000, `${tookMs} ms`);
    assert.ok(pair.gapMs() > 0, 'both wrote at once');
  });

  test('after kill -9 it takes over within 20 s', async (t) => {
    await using pair = await Pair.start('killed');
    const killedMs = performance.now();
    pair.first.process.kill('SIGKILL');
    const tookMs = await pair.takenOver(killedMs);
    t.diagnostic(`taken over after ${Math.round(tookMs)} ms`);
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
  });

  test('one that is cut off from its lease, but not from the rest, has stopped writing before the other begins', async (t) => {
    await using pair = await Pair.start('cut');
    const cutMs = performance.now();
    pair.first.wire.leaseCut = true;
    await pair.first.exited;
    assert.equal(pair.first.process.exitCode, 1);
    const tookMs = await pair.takenOver(cutMs);
    t.diagnostic(`${Math.round(pair.gapMs())} ms between the two`);
    assert.ok(
      pair.writes('first').some(({ atMs }) => atMs > cutMs + 3_000),
      'it went on while its lease was good',
    );
    assert.ok(pair.gapMs() > 3_000, `only ${pair.gapMs()} ms between the two`);
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
  });

  test('one that was stopped meanwhile writes nothing when it goes on', async () => {
    await using pair = await Pair.start('paused');
    pair.first.process.kill('SIGSTOP');
    await pair.takenOver(performance.now());
    pair.first.process.kill('SIGCONT');
    await pair.first.exited;
    assert.equal(pair.first.process.exitCode, 1);
    assert.ok(pair.gapMs() > 0, 'both wrote at once');
  });
});
