import assert from 'node:assert/strict';
import { test } from 'node:test';
import { program } from './program.ts';

const LINES = [
  ['delete', ''],
  ['delete', 'greet', '..'],
  ['delete', '.'],
  ['describe', '../other/greet'],
  ['invoke', '../other/greet'],
  ['logs', 'a,b'],
  ['rollback', 'Greet'],
  ['list', '-n', ''],
  ['list', '--namespace', '../kube-system'],
  ['logs', 'greet', '--system-namespace', ''],
];

for (const line of LINES)
  test(`what is no name asks no cluster: catnap ${line.map((word) => JSON.stringify(word)).join(' ')}`, async () => {
    const root = program('1.2.3', async () => assert.fail('it ran'));
    for (const command of [root, ...root.commands])
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    await assert.rejects(root.parseAsync(line, { from: 'user' }), { code: 'commander.invalidArgument' });
  });

test('names are given as they are, several in their order', async () => {
  let given: unknown;
  const root = program('1.2.3', async (options) => {
    given = options;
  });
  await root.parseAsync(['delete', 'a', 'b-2', '-n', 'team'], { from: 'user' });
  assert.equal((given as { namespace: string }).namespace, 'team');
  assert.deepEqual(root.commands.find((command) => command.name() === 'delete')?.processedArgs, [['a', 'b-2']]);
});
