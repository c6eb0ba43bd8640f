/** Several dispatchers on one database, at the same time. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { DEFAULT_LIMITS, type NewEntry, type Settlement, type Store } from '../store.ts';
import { PostgresServer, withoutPostgres } from '../testing/postgres-server.ts';
import { PostgresStore } from './postgres-store.ts';

const OWNER = { uid: 'u', namespace: 'one', name: 'hello' };
const anEntry = (id: string, more: Partial<NewEntry> = {}): NewEntry => ({
  id,
  owner: OWNER,
  head: new Uint8Array([1]),
  body: new TextEncoder().encode(id),
  ...more,
});

describe('a queue in PostgreSQL that dispatchers share', { skip: withoutPostgres }, () => {
  let server: PostgresServer;
  const open = () => PostgresStore.open({ url: server.url, limits: DEFAULT_LIMITS });
  const openEmpty = async () => {
    await server.empty();
    return open();
  };
  before(async () => {
    server = await PostgresServer.start();
    await (await open()).close();
  });
  after(() => server[Symbol.asyncDispose]());

  test('two dispatchers at once lease nothing twice, keep the order of each key, and lose nothing', async () => {
    await server.empty();
    await using one = await open();
    await using other = await open();
    const { total, work } = twoAtOnce(one, other);
    await work;
    const { accepted, done, buried } = await one.totals();
    assert.deepEqual({ accepted, ended: done + buried }, { accepted: total, ended: total });
    assert.equal(await one.unaccounted(), 0);
    for (const { owner, ...counts } of await other.counts()) {
      const rows = await server.sql(
        `SELECT state, count(*)::int AS n FROM catnap.entries WHERE uid = '${owner.uid}' GROUP BY state`,
      );
      const counted = Object.fromEntries(rows.map(({ state, n }) => [String(state), n]));
      assert.deepEqual(
        [counts.waiting, counts.leased, counts.done, counts.buried],
        [0, 0, counted['2'] ?? 0, counted['3'] ?? 0],
      );
    }
  });

  test('of an entry that two dispatchers are given at once, one accepts it, whatever the order', async () => {
    await server.empty();
    await using one = await open();
    await using other = await open();
    const batch = Array.from({ length: 50 }, (_, n) => anEntry(`e${n}`, { dedup: { key: `k${n}`, fingerprint: 'f' } }));
    const again = batch.map((entry) => ({ ...entry, id: `again-${entry.id}` })).toReversed();
    const rounds = [one.enqueue(batch), other.enqueue(again), one.enqueue(again), other.enqueue(batch.toReversed())];
    const outcomes = (await Promise.all(rounds)).flat().map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === 'accepted').length, 50);
    assert.equal(outcomes.filter((outcome) => outcome === 'exists').length, 150);
    assert.equal((await one.totals()).accepted, 50);
  });

  test('an entry that another dispatcher is about to lease is passed over, not waited for', async () => {
    await using store = await openEmpty();
    await store.enqueue([anEntry('held'), anEntry('free')]);
    await server.holding("SELECT FROM catnap.entries WHERE id = 'held' FOR UPDATE", async () => {
      const { entries } = await store.lease(new Map([['u', 9]]), 1_000);
      assert.deepEqual(
        entries.map(({ id }) => id),
        ['free'],
      );
    });
  });
});

/** Two stores between which accepted entries are leased and settled at random, each key's in its order. */
function twoAtOnce(one: Store, other: Store) {
  const random = seeded(Date.now());
  const uids = ['uid-a', 'uid-b', 'uid-c'];
  const room = new Map(uids.map((uid) => [uid, 7]));
  const total = 600;
  const running = new Map<string, string | undefined>();
  const lastOfKey = new Map<string, number>();
  let ended = 0;

  const produce = async (store: Store, from: number) => {
    for (let n = from; n < total; n += 2 * 6) {
      const batch = Array.from({ length: 6 }, (_, i) => n + 2 * i).map((at) => {
        const owner = { uid: uids[at % 3] as string, namespace: 'one', name: `f${at % 3}` };
        // Each key is of one of both, so that its order is known.
        return anEntry(String(at), { owner, orderingKey: at % 4 < 2 ? `key-${from}-${at % 3}` : undefined });
      });
      const results = await store.enqueue(batch);
      assert.ok(results.every(({ outcome }) => outcome === 'accepted'));
    }
  };
  const consume = async (store: Store) => {
    while (ended < total) {
      const { entries } = await store.lease(room, 60_000);
      for (const { id, orderingKey } of entries) {
        assert.ok(!running.has(id), `${id} is leased twice`);
        if (orderingKey !== undefined) {
          assert.ok(![...running.values()].includes(orderingKey), `${orderingKey} has two at once`);
          assert.ok(Number(id) >= (lastOfKey.get(orderingKey) ?? 0), `${id} comes too late for ${orderingKey}`);
          lastOfKey.set(orderingKey, Number(id));
        }
        running.set(id, orderingKey);
      }
      const settlements = entries.map(({ id, epoch }): Settlement => {
        if (random() < 0.3) return { id, epoch, outcome: 'again', notBeforeMs: 0, counts: true };
        return { id, epoch, outcome: random() < 0.8 ? 'done' : 'buried' };
      });
      // Before it is settled: as soon as it is, the other may have it.
      for (const { id } of settlements) running.delete(id);
      const settled = await store.settle(settlements);
      assert.ok(settled.every(({ holds }) => holds));
      ended += settlements.filter(({ outcome }) => outcome !== 'again').length;
    }
  };
  return { total, work: Promise.all([produce(one, 0), produce(other, 1), consume(one), consume(other)]) };
}
