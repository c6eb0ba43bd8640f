import type { PoolClient } from 'pg';
import { StoreError } from '../store.ts';
import { MIGRATIONS } from './schema.ts';

/** "catn": one dispatcher at a time brings the schema to its version; the others wait. */
const LOCK = 1_667_331_182;
const OLDEST_SERVER = 130_000;

/** Brings the schema to this version. Throws a StoreError for a database in which no store may be. */
export async function migrate(client: PoolClient): Promise<void> {
  await check(client);
  await client.query('BEGIN');
  try {
    // Only for the migration: another dispatcher's may take as long as it needs.
    await client.query('SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await bringToThisVersion(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function bringToThisVersion(client: PoolClient): Promise<void> {
  const { rows: there } = await client.query("SELECT to_regclass('catnap.version') IS NOT NULL AS is");
  if (!isTrue(there)) {
    const { rows: made } = await client.query("SELECT to_regnamespace('catnap') IS NOT NULL AS is");
    // Where the user may make none in this database, somebody else has made an empty one for it.
    if (!isTrue(made)) await client.query('CREATE SCHEMA catnap');
    await client.query('CREATE TABLE catnap.version (version int NOT NULL); INSERT INTO catnap.version VALUES (0)');
  }
  const { rows } = await client.query<{ version: number }>('SELECT version FROM catnap.version');
  const version = rows[0]?.version ?? 0;
  if (version > MIGRATIONS.length)
    throw new StoreError(
      'Unusable',
      `the database was written by a newer Catnap (version ${version}, this program knows ${MIGRATIONS.length}): install that one or a later`,
    );
  for (const migration of MIGRATIONS.slice(version)) await client.query(migration);
  if (version < MIGRATIONS.length) await client.query('UPDATE catnap.version SET version = $1', [MIGRATIONS.length]);
}

/** What a 202 stands on: text as it was given, and commits that are on disk. */
async function check(client: PoolClient): Promise<void> {
  const names = ['server_version_num', 'server_encoding', 'fsync', 'synchronous_commit'];
  const { rows } = await client.query<Record<string, string>>(
    `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`,
  );
  const { server_version_num: version, server_encoding: encoding, fsync, synchronous_commit: commit } = rows[0] ?? {};
  const refuse = (why: string) => new StoreError('Unusable', `the database cannot hold the queue: ${why}`);
  if (Number(version) < OLDEST_SERVER) throw refuse('it is older than PostgreSQL 13');
  if (encoding !== 'UTF8') throw refuse(`its encoding is ${encoding}, not UTF8`);
  if (fsync === 'off' || commit === 'off')
    throw refuse(
      'what it says is written may be lost (fsync or synchronous_commit is off): turn both on for this user',
    );
}

function isTrue(rows: readonly { is?: unknown }[]): boolean {
  // All values are read as text.
  return rows[0]?.is === 't' || rows[0]?.is === true;
}
