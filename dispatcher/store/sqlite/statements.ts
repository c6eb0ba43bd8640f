import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** An entry as it stands in the database. */
export interface Row {
  seq: number;
  fn: number;
  id: string;
  /** Place in the ledger's list. */
  state: number;
  ordering_key: string | null;
  dedup_key: string | null;
  fingerprint: string | null;
  bytes: number;
  attempts: number;
  epoch: number;
  enqueued_at: number;
  not_before: number;
  due_at: number | null;
  expires_at: number | null;
  note: string | null;
  /** By which payload and result are known; null: by `seq`. */
  content: number | null;
  /** Null in those of the first version: as `enqueued_at`. */
  age_from: number | null;
}

const TEXTS = {
  byId: 'SELECT * FROM entries WHERE id = ?',
  byDedup: 'SELECT * FROM entries WHERE fn = ? AND dedup_key = ?',
  // Behind an open one of the same ordering key it is not due.
  insert:
    'INSERT INTO entries VALUES (:seq, :fn, :id, 0, :orderingKey, :dedupKey, :fingerprint, :bytes, 0, 0, :nowMs, :notBeforeMs, ' +
    ':dueMs, NULL, NULL, NULL, :notBeforeMs)',
  insertPayload: 'INSERT INTO payloads VALUES (?, ?, ?)',
  insertResult: 'INSERT INTO results VALUES (?, ?)',
  payload: 'SELECT head, body FROM payloads WHERE seq = ?',
  result: 'SELECT result FROM results WHERE seq = ?',
  due: 'SELECT * FROM entries WHERE fn = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?',
  nextDue: 'SELECT due_at FROM entries WHERE fn = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1',
  lease: 'UPDATE entries SET state = 1, epoch = ?, attempts = attempts + 1, due_at = ? WHERE seq = ?',
  extend: 'UPDATE entries SET due_at = ? WHERE seq = ?',
  again:
    'UPDATE entries SET state = 0, attempts = attempts - :uncounted, not_before = :notBeforeMs, due_at = :notBeforeMs, ' +
    'note = :note WHERE seq = :seq',
  end: 'UPDATE entries SET state = ?, bytes = ?, due_at = NULL, expires_at = ?, note = ? WHERE seq = ?',
  redrive:
    'UPDATE entries SET seq = :place, content = :content, state = 0, bytes = :bytes, attempts = 0, not_before = :nowMs, due_at = :dueMs, ' +
    'expires_at = NULL, note = NULL, age_from = :nowMs WHERE seq = :seq',
  resultBytes: 'SELECT length(result) AS bytes FROM results WHERE seq = ?',
  firstOpen:
    'SELECT seq, not_before, due_at FROM entries WHERE fn = ? AND ordering_key = ? AND expires_at IS NULL ORDER BY seq LIMIT 1',
  oldestEnded:
    'SELECT * FROM entries WHERE fn = ? AND (state = 3) = ? AND expires_at IS NOT NULL ORDER BY expires_at, seq LIMIT 1',
  expired: 'SELECT * FROM entries WHERE expires_at <= ? ORDER BY expires_at, seq LIMIT ?',
  nextExpiry: 'SELECT expires_at FROM entries WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1',
  newest: 'SELECT * FROM entries WHERE fn = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
  remove: 'DELETE FROM entries WHERE seq = ?',
  removePayload: 'DELETE FROM payloads WHERE seq = ?',
  removeResult: 'DELETE FROM results WHERE seq = ?',
  setCursor: 'INSERT INTO cursors VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  removeCursor: 'DELETE FROM cursors WHERE key = ?',
  cursors:
    'SELECT key, value FROM cursors WHERE key > :after AND key >= :prefix AND substr(key, 1, length(:prefix)) = :prefix ' +
    'ORDER BY key LIMIT :limit',
  countOpen: 'SELECT count(*) AS open FROM entries WHERE expires_at IS NULL',
} as const;

/** The key of an entry's payload and result. */
export function contentOf({ seq, content }: Pick<Row, 'seq' | 'content'>): number {
  return content ?? seq;
}

export type Statements = Readonly<Record<keyof typeof TEXTS, StatementSync>>;

export function prepareStatements(db: DatabaseSync): Statements {
  return Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [name, db.prepare(text)])) as Statements;
}
