/**
 * Each brings the schema `catnap` from the version that its place says to the next, by additions alone. Payloads and results stand
 * apart, so that what is written at each lease is short. `due_at` is when an entry can be leased next: the time it waits for, or
 * the end of its lease; none while another of its ordering key comes first. `expires_at` is there once an entry has ended.
 * `content` is the key of payload and result, where that is not `seq`. Counts are sums over parts: each connection adds to one of
 * them, so that two rarely wait for each other. Both kinds of counts and the entries change all the time: some room in each page
 * and an early vacuum keep them short.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE SEQUENCE catnap.places;
  CREATE SEQUENCE catnap.epochs;

  CREATE TABLE catnap.totals (
    part int PRIMARY KEY, accepted bigint NOT NULL, done bigint NOT NULL, buried bigint NOT NULL, cancelled bigint NOT NULL,
    redriven bigint NOT NULL
  ) WITH (fillfactor = 20);
  CREATE TABLE catnap.function_counts (
    uid text COLLATE "C" NOT NULL, part int NOT NULL, namespace text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
    waiting bigint NOT NULL, leased bigint NOT NULL, done bigint NOT NULL, buried bigint NOT NULL, cancelled bigint NOT NULL,
    open_bytes bigint NOT NULL, kept_bytes bigint NOT NULL, buried_bytes bigint NOT NULL,
    PRIMARY KEY (uid, part)
  ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
  CREATE TABLE catnap.namespace_counts (
    namespace text COLLATE "C" NOT NULL, part int NOT NULL, entries bigint NOT NULL, bytes bigint NOT NULL,
    PRIMARY KEY (namespace, part)
  ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

  CREATE TABLE catnap.entries (
    seq bigint PRIMARY KEY, id text COLLATE "C" NOT NULL,
    uid text COLLATE "C" NOT NULL, namespace text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
    state smallint NOT NULL, ordering_key text COLLATE "C", dedup_key text COLLATE "C", fingerprint text COLLATE "C",
    bytes bigint NOT NULL, attempts int NOT NULL, epoch bigint NOT NULL,
    enqueued_at bigint NOT NULL, age_from bigint NOT NULL, not_before bigint NOT NULL, due_at bigint, expires_at bigint,
    note text COLLATE "C", content bigint
  ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
  CREATE UNIQUE INDEX entries_id ON catnap.entries (id);
  CREATE INDEX entries_uid ON catnap.entries (uid, seq);
  CREATE INDEX entries_due ON catnap.entries (uid, due_at, seq) WHERE due_at IS NOT NULL;
  CREATE INDEX entries_ordering ON catnap.entries (uid, ordering_key, seq) WHERE ordering_key IS NOT NULL AND expires_at IS NULL;
  CREATE UNIQUE INDEX entries_dedup ON catnap.entries (uid, dedup_key) WHERE dedup_key IS NOT NULL;
  CREATE INDEX entries_ended ON catnap.entries (uid, (state = 3), expires_at, seq) WHERE expires_at IS NOT NULL;
  CREATE INDEX entries_expires ON catnap.entries (expires_at, seq) WHERE expires_at IS NOT NULL;

  CREATE TABLE catnap.payloads (content bigint PRIMARY KEY, head bytea NOT NULL, body bytea NOT NULL);
  CREATE TABLE catnap.results (content bigint PRIMARY KEY, result bytea NOT NULL);
  ALTER TABLE catnap.payloads ALTER head SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL;
  ALTER TABLE catnap.results ALTER result SET STORAGE EXTERNAL;
  `,
  'CREATE TABLE catnap.cursors (key text COLLATE "C" PRIMARY KEY, value text NOT NULL) WITH (fillfactor = 50);',
];
