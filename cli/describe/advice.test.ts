import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPILE_FAILURES, REVISION_FAILURES } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import { program } from '../command-line/program.ts';
import { adviceFor } from './advice.ts';

/** As typed, from behind the colon to the end of the sentence. */
const COMMAND = /: catnap (.*)$/;

test('each command of this program that an advice names is one, with its options', async () => {
  const named: string[] = [];
  for (const reason of ['Ready', 'ScaledToZero', 'Untried', ...COMPILE_FAILURES, ...REVISION_FAILURES]) {
    const status = { revision: 'a', latestRevision: 'b', conditions: [{ type: 'Ready', status: 'False', reason }] };
    const object = { metadata: { name: 'greet', namespace: 'team' }, status } as unknown as FunctionObject;
    for (const advice of adviceFor(object, { option: ' -n team', systemNamespace: 'catnap-system' })) {
      const [, words] = COMMAND.exec(advice) ?? [];
      if (words !== undefined) named.push(words);
    }
  }
  assert.ok(named.some((words) => words.startsWith('logs ')) && named.some((words) => words.startsWith('rollback ')));
  for (const words of new Set(named))
    await assert.doesNotReject(
      program('1.2.3', async () => undefined).parseAsync(words.split(' '), { from: 'user' }),
      words,
    );
});
