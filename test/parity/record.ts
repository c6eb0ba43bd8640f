/**
 * `node test/parity/record.ts [table …]`: asks the original platforms what the rows ask, and writes down what they answer.
 * Rows of a platform that cannot be run here stay as they are.
 */
import { ask } from './ask.ts';
import { startOriginal } from './original.ts';
import { readTable, tableNames, writeTable } from './rows.ts';

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : tableNames()) {
  const table = readTable(name);
  await using original = await startOriginal(table);
  if (original === undefined) continue;
  for (const [index, row] of table.rows.entries()) row.expect = await ask(original.port, row, index);
  writeTable(table);
}
