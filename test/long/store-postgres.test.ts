/** The dispatcher's queue in PostgreSQL: many histories, and a database and a network that fail while two dispatchers work. */
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { PostgresStore } from '../../dispatcher/store/postgres/postgres-store.ts';
import { DEFAULT_LIMITS, type Lease, type Store, StoreError } from '../../dispatcher/store/store.ts';
import { conforms } from '../../dispatcher/store/testing/conformance.ts';
import { PostgresServer, withoutPostgres } from '../../dispatcher/store/testing/postgres-server.ts';

const ROOM = new Map(['a', 'b', 'c'].map((uid) => [uid, 20]));
/** Short, so that what a dispatcher lost is taken over within the test. */
const LEASE_MS = 2_000;

describe('the queue in PostgreSQL, for long', { skip: withoutPostgres }, () => {
  let server: PostgresServer;
  const open = (url = server.url) => PostgresStore.open({ url, limits: DEFAULT_LIMITS });
  before(async () => {
    server = await PostgresServer.start();
    await (await open()).close();
  });
  after(() => server[Symbol.asyncDispose]());

  conforms('the store in PostgreSQL', {
    runs: 300,
    open: async (options) => {
      await server.empty();
      return PostgresStore.open({ url: server.url, ...options });
    },
    reopen: async (store, options) => {
      await store.close();
      return PostgresStore.open({ url: server.url, ...options });
    },
  });

  test('whatever fails, what was accepted ends once, and nothing else does', { timeout: 280_000 }, async () => {
    await server.empty();
    await using way = await Way.to(Number(new URL(server.url).port));
    await using direct = await open();
    await using behind = await open(server.url.replace(/:\d+\//, `:${way.port}/`));
    const work = new Work();
    const workers = Promise.all(
      [direct, behind].flatMap((store, at) => [
        work.produce(store, `first-${at}`),
        work.produce(store, `second-${at}`),
        work.consume(store),
        work.consume(store),
      ]),
    );
    // Told where it is waited for.
    workers.catch(() => {});
    for (let round = 0; round < 4; round += 1) {
      await work.goesOn(direct, behind);
      await way.cut(() => work.goesOn(direct));
      await work.goesOn(direct, behind);
      await server.end(round % 2 === 0 ? 'SIGKILL' : 'SIGINT');
      await server.restart();
    }
    work.endProducing();
    await workers;
    const { accepted, done, buried, cancelled } = await direct.totals();
    console.log({ accepted, failures: work.failures, maybeSettled: work.maybeSettled });
    assert.ok(work.accepted.size > 1_000 && work.failures > 10);
    assert.deepEqual({ done, buried, cancelled }, { done: accepted, buried: 0, cancelled: 0 });
    assert.equal(await direct.unaccounted(), 0);
    // Of those of which the answer was lost, all or none were accepted.
    assert.ok(accepted >= work.accepted.size && accepted <= work.accepted.size + work.maybeAccepted.size);
    assert.equal(work.settledTwice, 0);
  });
});

/** What several callers of stores did, and what came of it. */
class Work {
  readonly accepted = new Set<string>();
  readonly maybeAccepted = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #bySettling = new Map<Store, number>();
  settledTwice = 0;
  /** Settlements of which the answer was lost. */
  maybeSettled = 0;
  failures = 0;
  #isProducing = true;

  endProducing(): void {
    this.#isProducing = false;
  }

  /** Resolves once each of these has settled some hundred more. */
  async goesOn(...stores: readonly Store[]): Promise<void> {
    const wanted = stores.map((store) => (this.#bySettling.get(store) ?? 0) + 200);
    const isThere = (store: Store, at: number) => (this.#bySettling.get(store) ?? 0) >= (wanted[at] ?? 0);
    await until(() => stores.every(isThere), 'each dispatcher goes on', 60_000);
  }

  async produce(store: Store, name: string): Promise<void> {
    for (let n = 0; this.#isProducing; n += 1) {
      const uid = [...ROOM.keys()][n % 3] as string;
      const id = `${name}-${n}`;
      const payload = { head: new Uint8Array(10), body: new Uint8Array(100) };
      const owner = { uid, namespace: 'one', name: uid };
      const answer = await this.#tried(() => store.enqueue([{ id, owner, ...payload }]));
      if (answer === undefined) this.maybeAccepted.add(id);
      if (answer?.[0]?.outcome === 'accepted') this.accepted.add(id);
    }
  }

  /** Until nothing is open and nothing comes any more. */
  async consume(store: Store): Promise<void> {
    for (let isOver = false; !isOver; ) {
      const lease = await this.#tried(() => store.lease(ROOM, LEASE_MS));
      if (lease !== undefined && lease.entries.length > 0) await this.#settle(store, lease.entries);
      isOver = !this.#isProducing && lease?.nextDueMs === undefined && lease?.entries.length === 0;
    }
  }

  async #settle(store: Store, leases: readonly Lease[]): Promise<void> {
    const settlements = leases.map(({ id, epoch }) => ({ id, epoch, outcome: 'done' as const, keepMs: 60_000 }));
    const settled = await this.#tried(() => store.settle(settlements));
    if (settled === undefined) this.maybeSettled += settlements.length;
    for (const { id } of settlements.filter((_, at) => settled?.[at]?.holds)) {
      if (this.#settled.has(id)) this.settledTwice += 1;
      this.#settled.add(id);
      this.#bySettling.set(store, (this.#bySettling.get(store) ?? 0) + 1);
    }
  }

  /** Undefined: it may have happened or not. */
  async #tried<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      assert.ok(error instanceof StoreError && ['Unreachable', 'Busy'].includes(error.code), String(error));
      this.failures += 1;
      return undefined;
    }
  }
}

/** A network between a dispatcher and its database. */
class Way implements AsyncDisposable {
  readonly port: number;
  readonly #sockets: Set<Socket>;
  readonly #close: () => void;

  static async to(port: number): Promise<Way> {
    const sockets = new Set<Socket>();
    const listener = createServer((from) => {
      const to = connect(port, '127.0.0.1');
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        sockets.add(one);
        one.on('error', () => {}).on('close', () => sockets.delete(one) && other.destroy());
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    return new Way((listener.address() as { port: number }).port, sockets, () => listener.close());
  }

  private constructor(port: number, sockets: Set<Socket>, close: () => void) {
    this.port = port;
    this.#sockets = sockets;
    this.#close = close;
  }

  /** Nothing passes until `over`, then each connection is broken. */
  async cut(over: () => Promise<void>): Promise<void> {
    for (const socket of this.#sockets) socket.pause();
    await over();
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
