import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { StoreError } from '../store.ts';
import { isLost } from './errors.ts';
import type { Statement } from './statements.ts';

const MAX_CONNECTIONS = 8;
const CONNECT_MS = 5_000;
const IDLE_MS = 30_000;
/** By the database: of one statement, of a wait for a lock, of a transaction whose dispatcher has stopped. */
const STATEMENT_MS = 10_000;
const LOCK_MS = 5_000;
const STOPPED_MS = 10_000;
/** By this process, for a database that says nothing: longer than what the database itself allows. */
const SILENT_MS = 15_000;

const BYTEA = 17;
/** Of 64 bits, and what their sums are. All are counts, bytes, or milliseconds, far from what a number can hold. */
const NUMBERS = [20, 21, 23, 1700];

/**
 * For each connection. The statements are written for their indexes: a plan by statistics would be one for the table as it was
 * before a burst of entries. Compiling a plan takes longer than any of them.
 */
const SESSION = [
  `statement_timeout = ${STATEMENT_MS}`,
  `lock_timeout = ${LOCK_MS}`,
  `idle_in_transaction_session_timeout = ${STOPPED_MS}`,
  `client_min_messages = warning`,
  `enable_seqscan = off`,
  `enable_hashjoin = off`,
  `enable_mergejoin = off`,
  `jit = off`,
].map((setting) => `SET ${setting}`);

export type Query = <T>(statement: Statement, values: readonly unknown[]) => Promise<T[]>;

/** At most 8 connections to one database, which are made when they are needed. One that failed is not used again. */
export class Connections {
  readonly #pool: Pool;

  /** Throws a StoreError for what is no URL of PostgreSQL. */
  constructor(url: string) {
    this.#pool = new Pool(configOf(url));
    // A connection that fails while nothing uses it is left out of the pool by itself.
    this.#pool.on('error', () => {});
  }

  /** Uses one connection alone. Rejects where there is none within some seconds. */
  async use<T>(run: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    // While it is in use, its end is told by the query that failed.
    const ignore = () => {};
    client.on('error', ignore);
    try {
      const value = await run(client);
      client.release();
      return value;
    } catch (error) {
      client.release(isLost(error));
      throw error;
    } finally {
      client.off('error', ignore);
    }
  }

  /** One statement on any connection. */
  query<T>(statement: Statement, values: readonly unknown[]): Promise<T[]> {
    return this.use((client) => queryOf(client)<T>(statement, values));
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

export function queryOf(client: PoolClient): Query {
  return async <T>({ name, text }: Statement, values: readonly unknown[]) =>
    (await client.query({ name, text, values: [...values] })).rows as T[];
}

function configOf(url: string): PoolConfig {
  let parsed: URL;
  try {
    parsed = new URL(url.trim());
    if (!/^postgres(ql)?:$/.test(parsed.protocol)) throw new Error(`"${parsed.protocol}" is not "postgres:"`);
  } catch (error) {
    // Without what stands there: it has a password.
    throw new StoreError('Unusable', 'the URL of the database is none: postgres://user:password@host:5432/database', {
      cause: error instanceof Error && !('input' in error) ? error : undefined,
    });
  }
  // As PostgreSQL's own programs read it: `require` encrypts, `verify-full` also checks who answers.
  if (parsed.searchParams.has('sslmode') && !parsed.searchParams.has('uselibpqcompat'))
    parsed.searchParams.set('uselibpqcompat', 'true');
  return {
    connectionString: parsed.href,
    // Statements that do not need each other's answers go out together, and are run in their order.
    pipeline: true,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    query_timeout: SILENT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'catnap-dispatcher',
    types: { getTypeParser },
    onConnect: async (client) => {
      await client.query(SESSION.join('; '));
    },
  };
}

/** All is read as text, bytes in hexadecimal digits. */
function getTypeParser(type: number): (text: string) => unknown {
  if (type === BYTEA) return (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'));
  if (NUMBERS.includes(type)) return Number;
  return (text) => text;
}
