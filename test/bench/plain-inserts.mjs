// Durable inserts of what a queue keeps of each of its entries, and nothing else: node plain-inserts.mjs <file> <rows at a time> <seconds>.
// Prints rows/s.
import { DatabaseSync } from 'node:sqlite';

const [file, atOnce, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const db = new DatabaseSync(file);
db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
db.exec(
  'CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, head BLOB, body BLOB) STRICT',
);
const insert = db.prepare('INSERT INTO entries (id, head, body) VALUES (?, ?, ?)');
const head = Buffer.alloc(300, 'h');
const body = Buffer.alloc(256, 'b');
const startedAt = performance.now();
const endsAt = startedAt + seconds * 1000;
let rows = 0;
while (performance.now() < endsAt) {
  db.exec('BEGIN IMMEDIATE');
  for (let i = 0; i < atOnce; i++) insert.run(crypto.randomUUID(), head, body);
  db.exec('COMMIT');
  rows += atOnce;
}
console.log(rows / ((performance.now() - startedAt) / 1000));
db.close();
