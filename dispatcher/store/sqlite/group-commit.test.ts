import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { commitTogether } from './group-commit.ts';

const fails = () => {
  throw new Error('no such thing');
};
const withTable = () => {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE kept (a)');
  const insert = (a: number) => () => db.prepare('INSERT INTO kept VALUES (?)').run(a).changes;
  return { db, insert, kept: () => db.prepare('SELECT a FROM kept').all().length };
};

test('one that fails among several fails alone, once the others were taken back and run again', () => {
  const { db, insert, kept } = withTable();
  let rollbacks = 0;
  const store = { beforeCommit: () => {}, afterRollback: () => (rollbacks += 1) };
  const [first, second, third] = commitTogether(db, store, [insert(1), fails, insert(3)]);
  assert.deepEqual([first, third], [{ value: 1 }, { value: 1 }]);
  assert.match(String((second as { error: unknown }).error), /no such thing/);
  assert.equal(kept(), 2);
  assert.equal(rollbacks, 2);
});

test('a store that cannot go back to what was before is ended: nothing is answered from what it no longer knows', () => {
  const { db, insert, kept } = withTable();
  const lost = () => {
    throw new Error('the counts cannot be read');
  };
  const store = { beforeCommit: () => {}, afterRollback: lost };
  assert.throws(() => commitTogether(db, store, [insert(1), fails, insert(3)]), /the counts cannot be read/);
  assert.throws(() => commitTogether(db, store, [fails]), /the counts cannot be read/);
  assert.equal(kept(), 0);
});
