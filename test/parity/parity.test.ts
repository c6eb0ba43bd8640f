import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Replica } from '../../runtime-image/testing/replica.ts';
import { ask } from './ask.ts';
import { type Original, startOriginal } from './original.ts';
import { startOurs } from './ours.ts';
import { readTable, tableNames } from './rows.ts';

const tables = tableNames().map(readTable);

test('there are at least 150 rows, each with a name of its own', () => {
  const names = tables.flatMap(({ name, rows }) => rows.map((row) => `${name}: ${row.name}`));
  assert.ok(names.length >= 150, `${names.length}`);
  assert.equal(new Set(names).size, names.length);
});

for (const table of tables) {
  suite(`handlers of signature ${table.signature}: ${table.name}`, () => {
    let ours: Replica;
    let port: number;
    let original: Original | undefined;
    before(async () => {
      [ours, original] = await Promise.all([startOurs(table), startOriginal(table)]);
      port = Number(new URL(await ours.origin()).port);
    });
    after(async () => {
      await ours[Symbol.asyncDispose]();
      await original?.[Symbol.asyncDispose]();
    });

    for (const [index, row] of table.rows.entries()) {
      test(row.name, async () => {
        if (original !== undefined) assert.deepEqual(await ask(original.port, row, index), row.expect, 'the original');
        const wanted = row.ours ?? row.expect;
        const got = await ask(port, row, index);
        assert.deepEqual(wanted.headers === undefined ? { status: got.status } : got, wanted);
        assert.equal(row.ours === undefined, row.why === undefined, 'a difference has its reason');
      });
    }
  });
}
