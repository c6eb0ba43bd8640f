import { conforms } from '../testing/conformance.ts';
import { openDatabase } from './open-database.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';

const open = (options: Omit<SqliteStoreOptions, 'hasRoom'>) =>
  new SqliteStore(openDatabase(':memory:'), { ...options, hasRoom: () => true });

conforms('the store on SQLite', { runs: 500, open, reopen: (store) => store });
