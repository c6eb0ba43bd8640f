/** The store's thread, but that it does not wait for the disk: the check of durability has to notice. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../../../dispatcher/store/sqlite/open-database.ts';
import { serveWorker } from '../../../dispatcher/store/sqlite/serve-worker.ts';

serveWorker(parentPort as MessagePort, workerData, (path) => {
  const db = openDatabase(path);
  db.exec('PRAGMA synchronous = NORMAL');
  return db;
});
