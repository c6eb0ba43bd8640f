import assert from 'node:assert/strict';
import { test } from 'node:test';
import { program } from './program.ts';

/** What a line that is not understood is answered with. */
function saidOf(line: readonly string[]): string {
  let said = '';
  const root = program('1.2.3', async () => undefined);
  for (const command of [root, ...root.commands]) command.configureOutput({ writeErr: (text) => (said += text) });
  assert.throws(() => root.parse(line, { from: 'user' }));
  return said;
}

test('a line that is not understood names the help of its own command', () => {
  assert.match(
    saidOf(['invocations', 'list', 'mails', '--state', 'bured']),
    /\(catnap invocations --help says how it is called\)/,
  );
  assert.match(saidOf(['invocations']), /missing required argument 'action'\n\(catnap invocations --help/);
  assert.match(saidOf(['nothing']), /\(catnap --help lists the commands\)/);
});
