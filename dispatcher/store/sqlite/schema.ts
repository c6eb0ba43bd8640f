/** "catn": tells our files from those of other programs. */
export const APPLICATION_ID = 0x6361746e;

/**
 * Each brings a database from the version that its place says to the next, by additions alone. Integers for the function
 * and the state keep the indexes small; payloads stand apart, so that what leases reads is short. `due_at` is when an entry can be
 * leased next: the time it waits for, or the end of its lease; none while another of its ordering key comes first.
 * `expires_at` is there once an entry has ended.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    accepted INTEGER NOT NULL, done INTEGER NOT NULL, buried INTEGER NOT NULL, cancelled INTEGER NOT NULL,
    leases INTEGER NOT NULL
  ) STRICT;
  INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0);

  CREATE TABLE functions (
    fn INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, name TEXT NOT NULL,
    waiting INTEGER NOT NULL, leased INTEGER NOT NULL,
    done INTEGER NOT NULL, buried INTEGER NOT NULL, cancelled INTEGER NOT NULL,
    open_bytes INTEGER NOT NULL, kept_bytes INTEGER NOT NULL, buried_bytes INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, fn INTEGER NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL,
    ordering_key TEXT, dedup_key TEXT, fingerprint TEXT,
    bytes INTEGER NOT NULL, attempts INTEGER NOT NULL, epoch INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL, not_before INTEGER NOT NULL, due_at INTEGER, expires_at INTEGER, note TEXT
  ) STRICT;
  CREATE UNIQUE INDEX entries_id ON entries (id);
  CREATE INDEX entries_fn ON entries (fn, seq);
  CREATE INDEX entries_due ON entries (fn, due_at, seq) WHERE due_at IS NOT NULL;
  CREATE INDEX entries_ordering ON entries (fn, ordering_key, seq) WHERE ordering_key IS NOT NULL AND expires_at IS NULL;
  CREATE UNIQUE INDEX entries_dedup ON entries (fn, dedup_key) WHERE dedup_key IS NOT NULL;
  CREATE INDEX entries_ended ON entries (fn, state = 3, expires_at, seq) WHERE expires_at IS NOT NULL;
  CREATE INDEX entries_expires ON entries (expires_at, seq) WHERE expires_at IS NOT NULL;

  CREATE TABLE payloads (seq INTEGER PRIMARY KEY, head BLOB NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE results (seq INTEGER PRIMARY KEY, result BLOB NOT NULL) STRICT;
  `,
  // A redriven entry takes the next place (`seq`), while its payload stays where it is: under `content`, where that is not null.
  `
  ALTER TABLE totals ADD COLUMN redriven INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entries ADD COLUMN content INTEGER;
  ALTER TABLE entries ADD COLUMN age_from INTEGER;
  `,
  'CREATE TABLE cursors (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;',
];
