import type { DatabaseSync } from 'node:sqlite';

export type Outcome = { value: unknown } | { error: unknown };

interface Transactional {
  beforeCommit(): void;
  afterRollback(): void;
}

/**
 * Runs operations in one transaction: one write to the disk for all of them. Where one fails, all are taken back and each is
 * run again in a transaction of its own, so that it alone fails. No outcome is there before the commit that covers it.
 */
export function commitTogether(
  db: DatabaseSync,
  store: Transactional,
  operations: readonly (() => unknown)[],
): Outcome[] {
  try {
    return inTransaction(db, store, () => operations.map((operation) => ({ value: operation() })));
  } catch (error) {
    if (operations.length === 1) return [{ error }];
  }
  return operations.map((operation) => {
    try {
      return inTransaction(db, store, () => ({ value: operation() }));
    } catch (error) {
      return { error };
    }
  });
}

function inTransaction<T>(db: DatabaseSync, store: Transactional, run: () => T): T {
  // Without IMMEDIATE: what only reads takes no lock, and the process is alone with the file.
  db.exec('BEGIN');
  try {
    const value = run();
    store.beforeCommit();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    // SQLite has taken some back by itself, such as at a full disk.
    if (db.isTransaction) db.exec('ROLLBACK');
    store.afterRollback();
    throw error;
  }
}
