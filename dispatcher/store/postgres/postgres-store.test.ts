import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DEFAULT_LIMITS, type NewEntry, type Store, StoreError } from '../store.ts';
import { conforms } from '../testing/conformance.ts';
import { PostgresServer, withoutPostgres } from '../testing/postgres-server.ts';
import { PostgresStore } from './postgres-store.ts';
import { MIGRATIONS } from './schema.ts';

const OWNER = { uid: 'u', namespace: 'one', name: 'hello' };
const anEntry = (id: string, more: Partial<NewEntry> = {}): NewEntry => ({
  id,
  owner: OWNER,
  head: new Uint8Array([1]),
  body: new TextEncoder().encode(id),
  ...more,
});
const refusal = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

/** One store of which each call is made by the next of several. */
function inTurn(stores: readonly Store[]): Store {
  let turn = 0;
  const next = () => {
    turn += 1;
    return stores[turn % stores.length] as Store;
  };
  const methods = Object.getOwnPropertyNames(PostgresStore.prototype) as (keyof Store)[];
  const calls = methods.map((method) => [
    method,
    (...args: never[]) => (next()[method] as (...args: never[]) => unknown)(...args),
  ]);
  const close = () => Promise.all(stores.map((store) => store.close()));
  return { ...Object.fromEntries(calls), close };
}

describe('the queue in PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer;
  const open = (limits = DEFAULT_LIMITS) => PostgresStore.open({ url: server.url, limits });
  const openEmpty = async () => {
    await server.empty();
    return open();
  };
  before(async () => {
    server = await PostgresServer.start();
    await (await open()).close();
  });
  after(() => server[Symbol.asyncDispose]());

  conforms('the store in PostgreSQL', {
    runs: 25,
    open: async (options) => {
      await server.empty();
      return PostgresStore.open({ url: server.url, ...options });
    },
    reopen: async (store, options) => {
      await store.close();
      return PostgresStore.open({ url: server.url, ...options });
    },
  });

  const openTwo = async (options: { limits: typeof DEFAULT_LIMITS; nowMs: () => number }) =>
    inTurn([
      await PostgresStore.open({ url: server.url, ...options }),
      await PostgresStore.open({ url: server.url, ...options }),
    ]);
  conforms('two stores that share a database', {
    runs: 12,
    keepsOrder: false,
    open: async (options) => {
      await server.empty();
      return openTwo(options);
    },
    reopen: async (store, options) => {
      await store.close();
      return openTwo(options);
    },
  });

  test('calls that come together are few transactions, and each has its own answer', async () => {
    await using store = await openEmpty();
    const before = await commits(server);
    const answers = await Promise.all(Array.from({ length: 400 }, (_, n) => store.enqueue([anEntry(`e${n}`)])));
    assert.ok(answers.every(([first]) => first?.outcome === 'accepted'));
    assert.ok((await commits(server)) - before < 40);
  });

  test('when something is due is said by the clock of who waits, whatever the database’s says', async () => {
    await server.empty();
    await using store = await PostgresStore.open({ url: server.url, limits: DEFAULT_LIMITS, ownMs: () => 1_000 });
    await store.enqueue([anEntry('a', { notBeforeMs: Date.now() + 600_000 })]);
    const { nextDueMs = 0 } = await store.lease(new Map([['u', 1]]), 1_000);
    assert.ok(nextDueMs > 1_000 + 590_000 && nextDueMs <= 1_000 + 600_000, `${nextDueMs}`);
  });

  test('what was accepted is there after the database was killed, and calls meanwhile say that it cannot be reached', async () => {
    await using store = await openEmpty();
    await store.enqueue([anEntry('kept')]);
    const { entries } = await store.lease(new Map([['u', 1]]), 60_000);
    await server.end('SIGKILL');
    await assert.rejects(store.enqueue([anEntry('lost')]), refusal('Unreachable', /try again later/));
    await assert.rejects(store.entry('kept'), refusal('Unreachable', /try again later/));
    await server.restart();
    assert.deepEqual(await store.enqueue([anEntry('later')]), [{ outcome: 'accepted' }]);
    const settlements = entries.map(({ id, epoch }) => ({ id, epoch, outcome: 'done' as const }));
    assert.deepEqual(await store.settle(settlements), [{ holds: true, dropped: 0 }]);
    assert.equal((await store.entry('kept'))?.state, 'done');
    assert.equal(await store.unaccounted(), 0);
  });

  test('one call that fails takes nothing from those beside it', async () => {
    await using store = await openEmpty();
    await server.sql("ALTER TABLE catnap.entries ADD CONSTRAINT refused CHECK (id <> 'fails')");
    const answers = await Promise.allSettled([
      store.enqueue([anEntry('first')]),
      store.lease(new Map([['nobody', 1]]), 1),
      store.enqueue([anEntry('fails'), anEntry('with it')]),
      store.enqueue([anEntry('last')]),
    ]);
    await server.sql('ALTER TABLE catnap.entries DROP CONSTRAINT refused');
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(await store.entry('with it'), undefined);
    assert.equal(await store.unaccounted(), 0);
  });

  test('of functions that have no entries any more nothing is left', async () => {
    await using store = await openEmpty();
    await store.enqueue([anEntry('a'), anEntry('b', { owner: { ...OWNER, uid: 'v' } })]);
    await store.cancelByOwner('u');
    assert.deepEqual(
      (await store.counts()).map(({ owner }) => owner.uid),
      ['v'],
    );
    await store.cancelByOwner('v');
    assert.deepEqual(await store.counts(), []);
    for (const table of ['function_counts', 'namespace_counts'])
      assert.deepEqual(await server.sql(`SELECT * FROM catnap.${table}`), [], table);
  });

  test('dispatchers that start at once on an empty database make one schema', async () => {
    await server.sql('DROP SCHEMA catnap CASCADE');
    const stores = await Promise.all(Array.from({ length: 6 }, () => open()));
    const [first, second] = stores as [PostgresStore, PostgresStore];
    await first.enqueue([anEntry('a')]);
    assert.equal((await second.entry('a'))?.state, 'waiting');
    await Promise.all(stores.map((store) => store.close()));
  });

  test('a user that may make no schema uses an empty one that was made for it', async () => {
    await server.sql('DROP SCHEMA catnap CASCADE; CREATE ROLE plain LOGIN');
    const openPlain = () =>
      PostgresStore.open({ url: server.url.replace('catnap@', 'plain@'), limits: DEFAULT_LIMITS });
    await assert.rejects(openPlain(), refusal('Unusable', /permission denied .* rights of its user/));
    await server.sql('CREATE SCHEMA catnap AUTHORIZATION plain');
    const store = await openPlain();
    assert.deepEqual(await store.enqueue([anEntry('a')]), [{ outcome: 'accepted' }]);
    await store.close();
  });

  test('a schema of a newer version is refused in words, and left as it is', async () => {
    await server.sql('UPDATE catnap.version SET version = 99');
    await assert.rejects(open(), refusal('Unusable', /newer Catnap \(version 99/));
    await server.sql(`UPDATE catnap.version SET version = ${MIGRATIONS.length}`);
  });

  test('a database that may lose what it says is written is refused', async () => {
    await server.sql('ALTER ROLE catnap SET synchronous_commit = off');
    await assert.rejects(open(), refusal('Unusable', /synchronous_commit is off/));
    await server.sql('ALTER ROLE catnap RESET synchronous_commit');
  });

  test('a URL that leads nowhere is told without its password', async () => {
    const openBy = (url: string) => PostgresStore.open({ url, limits: DEFAULT_LIMITS });
    await assert.rejects(openBy('postgres://me:secret@'), (error: Error) => {
      assert.match(error.message, /the URL of the database is none/);
      assert.doesNotMatch(`${error.stack}${error.cause}`, /secret/);
      return true;
    });
    await assert.rejects(openBy('mysql://me@here/db'), refusal('Unusable', /postgres:/));
    await assert.rejects(openBy(server.url.replace(/postgres$/, 'none')), refusal('Unusable', /"none" does not exist/));
    await assert.rejects(openBy('postgres://127.0.0.1:1/none'), refusal('Unreachable', /ECONNREFUSED/));
  });

  test('a closed store refuses, and what was asked before is answered', async () => {
    const store = await openEmpty();
    const asked = store.enqueue([anEntry('a')]);
    const closed = store.close();
    assert.deepEqual(await asked, [{ outcome: 'accepted' }]);
    await closed;
    await assert.rejects(store.enqueue([]), refusal('Closed', /closed/));
    await assert.rejects(store.entry('a'), refusal('Closed', /closed/));
  });
});

async function commits(server: PostgresServer): Promise<number> {
  // What other sessions did is counted as they end a statement, about.
  await server.sql('SELECT pg_stat_force_next_flush()');
  return Number(
    (await server.sql('SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()'))[0]?.xact_commit,
  );
}
