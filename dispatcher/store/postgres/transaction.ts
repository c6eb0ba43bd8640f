import type { PoolClient } from 'pg';
import { STATES } from '../states.ts';
import type { FunctionCounts, Limits, Owner } from '../store.ts';
import { type Query, queryOf } from './connections.ts';
import { Counts } from './counts.ts';
import { BEGIN, SQL } from './statements.ts';
import { fromSql, toSql } from './text.ts';

interface CountsRow extends Owner, Record<(typeof STATES)[number], number> {
  open_bytes: number;
  kept_bytes: number;
  buried_bytes: number;
}

/** One transaction of several operations: what they count is written at its end, at once. */
export class Transaction {
  readonly query: Query;
  readonly limits: Limits;
  counts = new Counts();
  /** By the database, as it began. */
  readonly nowMs: number;
  /** No entry expires before, as far as this transaction sees. */
  nextExpiryMs: number;
  readonly #client: PoolClient;

  static async begin(client: PoolClient, limits: Limits): Promise<Transaction> {
    const results = (await client.query(BEGIN)) as unknown as { rows: { now: number; expires: number | null }[] }[];
    return new Transaction(client, limits, results[1]?.rows[0] ?? { now: 0, expires: null });
  }

  private constructor(client: PoolClient, limits: Limits, { now, expires }: { now: number; expires: number | null }) {
    this.#client = client;
    this.query = queryOf(client);
    this.limits = limits;
    this.nowMs = now;
    this.nextExpiryMs = expires ?? Number.POSITIVE_INFINITY;
  }

  /** Makes the counts of these functions known. */
  async learn(owners: readonly { uid: string }[]): Promise<void> {
    const uids = this.counts.unread(owners.map(({ uid }) => uid));
    if (uids.length === 0) return;
    const rows = new Map((await this.functionCounts(uids)).map((row) => [row.owner.uid, row]));
    for (const uid of uids) this.counts.learn(uid, rows.get(uid));
  }

  /** Makes the counts of these namespaces' open entries known. */
  async learnNamespaces(owners: readonly { namespace: string }[]): Promise<void> {
    const namespaces = this.counts.unreadNamespaces(owners.map(({ namespace }) => namespace));
    if (namespaces.length === 0) return;
    type Row = { namespace: string; entries: number; bytes: number };
    const rows = await this.query<Row>(SQL.namespaces, [namespaces.map((one) => toSql(one))]);
    const open = new Map(rows.map((row) => [fromSql(row.namespace), row]));
    for (const one of namespaces) this.counts.learnNamespace(one, open.get(one) ?? { entries: 0, bytes: 0 });
  }

  /** As they are in the database, without what this transaction changes. */
  async functionCounts(uids: readonly string[] | undefined): Promise<FunctionCounts[]> {
    const rows = await this.query<CountsRow>(SQL.functions, [uids?.map((uid) => toSql(uid)) ?? null]);
    return rows.map(({ uid, namespace, name, open_bytes, kept_bytes, buried_bytes, ...states }) => ({
      owner: { uid: fromSql(uid), namespace: fromSql(namespace), name: fromSql(name) },
      ...states,
      openBytes: open_bytes,
      keptBytes: kept_bytes,
      buriedBytes: buried_bytes,
    }));
  }

  /** After it resolves, all is on disk. */
  async commit(): Promise<void> {
    const [, { command }] = await Promise.all([this.writeCounts(), this.#client.query('COMMIT')]);
    // What the database makes of it where something failed before.
    if (command !== 'COMMIT') throw new Error('the transaction was taken back');
  }

  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK');
  }

  /** What has changed in the counts so far; they are read anew where they are asked for again. */
  async writeCounts(): Promise<void> {
    const { functions, namespaces, totals } = this.counts.changes();
    this.counts = new Counts();
    const owners = functions.map(({ owner }) => owner);
    const { accepted, done, buried, cancelled, redriven } = totals;
    const all = [accepted, done, buried, cancelled, redriven];
    if (functions.length === 0 && all.every((one) => one === 0)) return;
    await this.query(SQL.addCounts, [
      owners.map(({ uid }) => toSql(uid)),
      owners.map(({ namespace }) => toSql(namespace)),
      owners.map(({ name }) => toSql(name)),
      ...STATES.map((state) => functions.map((one) => one[state])),
      functions.map(({ openBytes }) => openBytes),
      functions.map(({ keptBytes }) => keptBytes),
      functions.map(({ buriedBytes }) => buriedBytes),
      namespaces.map(({ namespace }) => toSql(namespace)),
      namespaces.map(({ entries }) => entries),
      namespaces.map(({ bytes }) => bytes),
      ...all,
    ]);
  }
}
