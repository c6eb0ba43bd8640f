/** The dispatcher's store with many histories and many entries. */
import { openDatabase } from '../../dispatcher/store/sqlite/open-database.ts';
import { SqliteStore } from '../../dispatcher/store/sqlite/sqlite-store.ts';
import { conforms } from '../../dispatcher/store/testing/conformance.ts';

conforms('the store on SQLite', {
  runs: 10_000,
  open: (options) => new SqliteStore(openDatabase(':memory:'), { ...options, hasRoom: () => true }),
  reopen: (store) => store,
});
