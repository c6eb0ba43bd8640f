import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFirst } from './global-options.ts';

test('options of every command may stand before its name', () => {
  const words = (line: string) => commandFirst(line.split(' ')).join(' ');
  assert.equal(words('-n team list -A'), 'list -n team -A');
  assert.equal(words('--json --context=a -n team invoke greet -d x'), 'invoke --json --context=a -n team greet -d x');
  for (const line of ['list -n team', '--version', '-n', '-n team', '--other list', '-n team --other list']) {
    assert.equal(words(line), line);
  }
  assert.deepEqual(commandFirst([]), []);
});
