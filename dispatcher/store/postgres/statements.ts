import type { Owner } from '../store.ts';
import { fromSql } from './text.ts';
import type { Ended } from './trim.ts';

/** An entry as it stands in the database. */
export interface Row extends Ended {
  id: string;
  uid: string;
  namespace: string;
  name: string;
  /** Place in the list of states. */
  state: number;
  ordering_key: string | null;
  attempts: number;
  epoch: number;
  enqueued_at: number;
  age_from: number;
  not_before: number;
  due_at: number | null;
  note: string | null;
  content: number | null;
}

/** A statement that each connection prepares once, under this name. */
export interface Statement {
  name: string;
  text: string;
}

const REMOVED = `
  gone AS (DELETE FROM catnap.entries WHERE seq = ANY($1::bigint[])),
  payloads AS (DELETE FROM catnap.payloads WHERE content = ANY($2::bigint[]))
  DELETE FROM catnap.results WHERE content = ANY($2::bigint[])`;

const COUNTS = `waiting, leased, done, buried, cancelled, open_bytes, kept_bytes, buried_bytes`;
const SUMS = COUNTS.split(', ')
  .map((column) => `sum(${column})::bigint AS ${column}`)
  .join(', ');
const ADDED = COUNTS.split(', ')
  .map((column) => `${column} = c.${column} + excluded.${column}`)
  .join(', ');
/** Each connection adds to a part of its own, as good as. */
const PART = 'pg_backend_pid() % 16';
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
/** $2: the time, where it is not the database's. */
const NOT_EXPIRED = `(expires_at IS NULL OR expires_at > coalesce($2::bigint, ${NOW}))`;

/** Not prepared: it is more than one. Answers with the time, and when the next entry expires. */
export const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
  SELECT ${NOW} AS now, (SELECT expires_at FROM catnap.entries WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1) AS expires`;

const TEXTS = {
  lockKeys: `
    SELECT pg_advisory_xact_lock(1667331182, bucket) FROM (
      SELECT DISTINCT abs(hashtext(key) % 256) AS bucket FROM unnest($1::text[]) key ORDER BY bucket
    ) buckets`,
  known: `
    SELECT id, uid, state, dedup_key, fingerprint FROM catnap.entries WHERE id = ANY($1::text[])
    UNION ALL
    SELECT e.id, e.uid, e.state, e.dedup_key, e.fingerprint
    FROM unnest($2::text[], $3::text[]) AS g (uid, dedup_key) JOIN catnap.entries e USING (uid, dedup_key)`,
  heads: `
    SELECT g.n::int FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS g (uid, ordering_key, n)
    WHERE EXISTS (
      SELECT FROM catnap.entries e WHERE e.uid = g.uid AND e.ordering_key = g.ordering_key AND e.expires_at IS NULL
    )`,
  // As a condition, not as a join, the ids of those that are new are looked up in a hash table.
  insert: `
    WITH given AS MATERIALIZED (
      SELECT nextval('catnap.places') AS seq, * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::int[],
        $11::int[], $12::int[]
      ) AS g (
        id, uid, namespace, name, ordering_key, dedup_key, fingerprint, not_before, due_at, start, head_bytes, body_bytes
      )
    ), new AS (
      INSERT INTO catnap.entries
      SELECT seq, id, uid, namespace, name, 0, ordering_key, dedup_key, fingerprint, head_bytes + body_bytes,
        0, 0, $13, not_before, not_before, due_at, NULL, NULL, NULL
      FROM given ON CONFLICT DO NOTHING RETURNING seq, id
    ), payloads AS (
      INSERT INTO catnap.payloads
      SELECT seq, substring($14::bytea FROM start + 1 FOR head_bytes), substring($14 FROM start + head_bytes + 1 FOR body_bytes)
      FROM given WHERE (seq IN (SELECT seq FROM new)) IS TRUE
    )
    SELECT id FROM new`,
  // What another dispatcher leases at this moment is passed over. The numbers are given in the order of the answer.
  lease: `
    WITH due AS MATERIALIZED (
      SELECT g.n, e.* FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS g (uid, places, n) CROSS JOIN LATERAL (
        SELECT seq, state, due_at FROM catnap.entries WHERE uid = g.uid AND due_at <= $3
        ORDER BY due_at, seq LIMIT g.places FOR UPDATE SKIP LOCKED
      ) AS e LIMIT $5
    ), numbered AS MATERIALIZED (
      SELECT *, nextval('catnap.epochs') AS next FROM (SELECT * FROM due ORDER BY n, due_at, seq) AS ordered
    )
    UPDATE catnap.entries e SET state = 1, epoch = next, attempts = attempts + 1, due_at = $4
    FROM numbered WHERE e.seq = numbered.seq
    RETURNING e.*, numbered.n::int AS owner, numbered.state AS was`,
  nextDue: `
    SELECT g.n::int, e.due_at FROM unnest($1::text[]) WITH ORDINALITY AS g (uid, n) CROSS JOIN LATERAL (
      SELECT due_at FROM catnap.entries WHERE uid = g.uid AND due_at IS NOT NULL ORDER BY due_at LIMIT 1
    ) AS e`,
  extend: `
    UPDATE catnap.entries e SET due_at = $3 FROM unnest($1::text[], $2::bigint[]) AS g (id, epoch)
    WHERE e.id = g.id AND e.epoch = g.epoch AND e.state = 1 RETURNING e.id, e.epoch`,
  held: `
    SELECT e.* FROM unnest($1::text[], $2::bigint[]) AS g (id, epoch) JOIN catnap.entries e USING (id, epoch)
    WHERE e.state = 1 ORDER BY e.seq FOR UPDATE OF e`,
  byId: `SELECT * FROM catnap.entries WHERE id = ANY($1::text[]) ORDER BY seq FOR UPDATE`,
  again: `
    UPDATE catnap.entries e SET state = 0, attempts = attempts - g.uncounted, not_before = g.due_at, due_at = g.due_at, note = g.note
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[]) AS g (seq, due_at, note, uncounted) WHERE e.seq = g.seq`,
  end: `
    WITH given AS MATERIALIZED (
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::int[], $8::int[])
      AS g (seq, content, state, bytes, expires_at, note, start, result_bytes)
    ), ended AS (
      UPDATE catnap.entries e SET state = g.state, bytes = g.bytes, due_at = NULL, expires_at = g.expires_at, note = g.note
      FROM given g WHERE e.seq = g.seq
    ), payloads AS (
      DELETE FROM catnap.payloads p USING given g WHERE p.content = g.content AND g.state <> 3
    )
    INSERT INTO catnap.results SELECT content, substring($9::bytea FROM start + 1 FOR result_bytes) FROM given
    WHERE result_bytes IS NOT NULL`,
  release: `
    UPDATE catnap.entries e SET due_at = e.not_before FROM unnest($1::text[], $2::text[]) AS g (uid, ordering_key)
    CROSS JOIN LATERAL (
      SELECT seq, due_at FROM catnap.entries WHERE uid = g.uid AND ordering_key = g.ordering_key AND expires_at IS NULL
      ORDER BY seq LIMIT 1
    ) AS first
    WHERE e.seq = first.seq AND first.due_at IS NULL`,
  redrive: `
    WITH numbered AS MATERIALIZED (
      SELECT *, nextval('catnap.places') AS place FROM (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        WITH ORDINALITY AS g (seq, content, bytes, due_at, n) ORDER BY n
      ) AS ordered
    ), results AS (DELETE FROM catnap.results WHERE content = ANY($2::bigint[]))
    UPDATE catnap.entries e SET seq = g.place, content = g.content, state = 0, bytes = g.bytes, attempts = 0, not_before = $5,
      due_at = g.due_at, expires_at = NULL, note = NULL, age_from = $5
    FROM numbered g WHERE e.seq = g.seq`,
  resultBytes: `SELECT content, octet_length(result) AS bytes FROM catnap.results WHERE content = ANY($1::bigint[])`,
  oldestEnded: `
    SELECT * FROM catnap.entries WHERE uid = $1 AND (state = 3) = $2 AND expires_at IS NOT NULL ORDER BY expires_at, seq LIMIT $3
    FOR UPDATE`,
  expired: `
    SELECT * FROM catnap.entries WHERE expires_at <= $1 ORDER BY expires_at, seq LIMIT $2 FOR UPDATE SKIP LOCKED`,
  nextExpiry: `SELECT expires_at FROM catnap.entries WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1`,
  newest: `SELECT * FROM catnap.entries WHERE uid = $1 ORDER BY seq DESC LIMIT $2 FOR UPDATE`,
  remove: `WITH ${REMOVED}`,

  entry: `SELECT * FROM catnap.entries WHERE id = $1 AND ${NOT_EXPIRED}`,
  // None where they are several and too long ($3).
  payloads: `
    WITH wanted AS MATERIALIZED (
      SELECT coalesce(content, seq) AS content, id, bytes FROM catnap.entries WHERE id = ANY($1::text[]) AND ${NOT_EXPIRED}
    ), long AS MATERIALIZED (SELECT count(*) > 1 AND sum(bytes) > $3 AS is, sum(bytes)::bigint AS bytes FROM wanted)
    SELECT w.id, p.head, p.body, CASE WHEN long.is THEN long.bytes END AS too_many
    FROM wanted w CROSS JOIN long LEFT JOIN catnap.payloads p ON p.content = w.content AND NOT long.is`,
  result: `
    SELECT r.result FROM catnap.entries e JOIN catnap.results r ON r.content = coalesce(e.content, e.seq)
    WHERE e.id = $1 AND ${NOT_EXPIRED}`,
  // Of each function, in the order given, those accepted before: of the first one before $3.
  list: `
    SELECT e.* FROM unnest($1::text[]) WITH ORDINALITY AS g (uid, n) CROSS JOIN LATERAL (
      SELECT * FROM catnap.entries WHERE uid = g.uid AND seq < CASE g.n WHEN 1 THEN $3::bigint ELSE 9223372036854775807 END AND ${NOT_EXPIRED} ORDER BY seq DESC LIMIT $4
    ) AS e LIMIT $4`,

  functions: `
    SELECT uid, min(namespace) AS namespace, min(name) AS name, ${SUMS} FROM catnap.function_counts
    WHERE $1::text[] IS NULL OR uid = ANY($1) GROUP BY uid ORDER BY uid`,
  namespaces: `
    SELECT namespace, sum(entries)::bigint AS entries, sum(bytes)::bigint AS bytes FROM catnap.namespace_counts
    WHERE namespace = ANY($1::text[]) GROUP BY namespace`,
  totals: `
    SELECT coalesce(sum(accepted), 0)::bigint AS accepted, coalesce(sum(done), 0)::bigint AS done,
      coalesce(sum(buried), 0)::bigint AS buried, coalesce(sum(cancelled), 0)::bigint AS cancelled,
      coalesce(sum(redriven), 0)::bigint AS redriven FROM catnap.totals`,
  // In one order, so that two dispatchers never wait for each other both.
  setCursors: `
    WITH given AS MATERIALIZED (
      SELECT * FROM unnest($1::text[], $2::text[]) AS g (key, value) ORDER BY key
    ), removed AS (DELETE FROM catnap.cursors WHERE key IN (SELECT key FROM given WHERE value IS NULL))
    INSERT INTO catnap.cursors SELECT key, value FROM given WHERE value IS NOT NULL ORDER BY key
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  cursors: `
    SELECT key, value FROM catnap.cursors WHERE key > $1 AND key >= $2 AND starts_with(key, $2) ORDER BY key LIMIT $3`,
  unaccounted: `
    SELECT (SELECT coalesce(sum(accepted - done - buried - cancelled), 0) FROM catnap.totals)::bigint
      - (SELECT count(*) FROM catnap.entries WHERE expires_at IS NULL) AS unaccounted`,
  addCounts: `
    WITH functions AS (
      INSERT INTO catnap.function_counts AS c (uid, part, namespace, name, ${COUNTS})
      SELECT uid, ${PART}, namespace, name, ${COUNTS} FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
        $10::bigint[], $11::bigint[]
      ) AS g (uid, namespace, name, ${COUNTS}) ORDER BY uid
      ON CONFLICT (uid, part) DO UPDATE SET ${ADDED}
    ), namespaces AS (
      INSERT INTO catnap.namespace_counts AS c
      SELECT namespace, ${PART}, entries, bytes FROM unnest($12::text[], $13::bigint[], $14::bigint[]) AS g (namespace, entries, bytes)
      ORDER BY namespace
      ON CONFLICT (namespace, part) DO UPDATE SET entries = c.entries + excluded.entries, bytes = c.bytes + excluded.bytes
    )
    INSERT INTO catnap.totals AS c
    SELECT ${PART}, $15::bigint, $16::bigint, $17::bigint, $18::bigint, $19::bigint
    WHERE ($15::bigint, $16::bigint, $17::bigint, $18::bigint, $19::bigint) <> (0, 0, 0, 0, 0)
    ON CONFLICT (part) DO UPDATE SET accepted = c.accepted + excluded.accepted, done = c.done + excluded.done,
      buried = c.buried + excluded.buried, cancelled = c.cancelled + excluded.cancelled, redriven = c.redriven + excluded.redriven`,
  // What another dispatcher adds at this moment may come between the sum and this: then some is left, and stands in one part.
  foldFunctions: `
    WITH gone AS (DELETE FROM catnap.function_counts WHERE uid = ANY($1::text[]) RETURNING *)
    INSERT INTO catnap.function_counts AS c
    SELECT * FROM (
      SELECT uid, ${PART}, min(namespace), min(name), ${SUMS} FROM gone GROUP BY uid
    ) AS g WHERE (${COUNTS}) <> (0, 0, 0, 0, 0, 0, 0, 0)
    ON CONFLICT (uid, part) DO UPDATE SET ${ADDED}`,
  foldNamespaces: `
    WITH empty AS (
      SELECT namespace FROM catnap.namespace_counts GROUP BY namespace HAVING sum(entries) = 0 LIMIT 100
    ), gone AS (DELETE FROM catnap.namespace_counts WHERE namespace IN (SELECT namespace FROM empty) RETURNING *)
    INSERT INTO catnap.namespace_counts AS c
    SELECT * FROM (
      SELECT namespace, ${PART}, sum(entries)::bigint AS entries, sum(bytes)::bigint AS bytes FROM gone GROUP BY namespace
    ) AS g WHERE entries <> 0 OR bytes <> 0
    ON CONFLICT (namespace, part) DO UPDATE SET entries = c.entries + excluded.entries, bytes = c.bytes + excluded.bytes`,
} as const;

export const SQL = Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [name, { name, text }])) as Readonly<
  Record<keyof typeof TEXTS, Statement>
>;

/** The key of an entry's payload and result. */
export function contentOf({ seq, content }: Pick<Row, 'seq' | 'content'>): number {
  return content ?? seq;
}

export function ownerOf({ uid, namespace, name }: Pick<Row, 'uid' | 'namespace' | 'name'>): Owner {
  return { uid: fromSql(uid), namespace: fromSql(namespace), name: fromSql(name) };
}
