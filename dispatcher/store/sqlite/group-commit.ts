import type { DatabaseSync } from 'node:sqlite';

export type Outcome = { value: unknown } | { error: unknown };

interface Transactional {
  beforeCommit(): void;
  afterRollback(): void;
}

/**
 * Runs operations in one transaction: one write to the disk for all of them. Where one fails, all are taken back and each is
 * run again in a transaction of its own, so that it alone fails. No outcome is there before the commit that covers it. Throws
 * where the store could not go back to what was before: then it is to be ended.
 */
export function commitTogether(
  db: DatabaseSync,
  store: Transactional,
  operations: readonly (() => unknown)[],
): Outcome[] {
  const together = inTransaction(db, store, () => operations.map((operation) => operation()));
  if ('value' in together) return together.value.map((value) => ({ value }));
  if (operations.length === 1) return [together];
  return operations.map((operation) => inTransaction(db, store, operation));
}

function inTransaction<T>(db: DatabaseSync, store: Transactional, run: () => T): { value: T } | { error: unknown } {
  // Without IMMEDIATE: what only reads takes no lock, and the process is alone with the file.
  db.exec('BEGIN');
  try {
    const value = run();
    store.beforeCommit();
    db.exec('COMMIT');
    return { value };
  } catch (error) {
    // SQLite has taken some back by itself, such as at a full disk.
    if (db.isTransaction) db.exec('ROLLBACK');
    store.afterRollback();
    return { error };
  }
}
