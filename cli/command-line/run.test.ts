import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { KubeError } from '#platform/kube/error.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import { outcomeOf } from './run.ts';

const cases: [what: string, error: unknown, exitCode: number, line: RegExp | undefined][] = [
  ['a mistake of the user', new CommandError('no such folder', EXIT.usage), EXIT.usage, /^catnap: no such folder$/],
  ['what the parser has said itself', new CommanderError(1, 'x', 'unknown option'), EXIT.usage, undefined],
  ['--help', new CommanderError(0, 'commander.help', ''), EXIT.done, undefined],
  ['a Function that is not there', new KubeError(404, 'NotFound', 'get: not found'), EXIT.notFound, /not found/],
  ['a cluster that is not reached', new KubeError(0, 'NoAnswer', 'refused'), EXIT.cluster, /refused/],
  ['a Function that is refused', new KubeError(422, 'Invalid', 'spec.image: bad'), EXIT.failed, /spec.image/],
  ['a fault of our own', new TypeError('x is undefined'), EXIT.failed, /TypeError: x is undefined\n\s+at /],
];

for (const [what, error, exitCode, line] of cases)
  test(`the exit code says what it was: ${what}`, () => {
    const outcome = outcomeOf(error, false);
    assert.equal(outcome.exitCode, exitCode);
    if (line === undefined) assert.equal(outcome.line, undefined);
    else assert.match(outcome.line ?? '', line);
  });

test('what Ctrl-C ended is no failure to be explained', () => {
  assert.deepEqual(outcomeOf(new KubeError(0, 'Aborted', 'ended'), true), { exitCode: EXIT.interrupted });
});

test('what a cluster says of a failure commands no terminal', () => {
  const said = 'CompileFailed: \u001b]0;owned\u0007\u009b2J\n  at x';
  const line = 'catnap: CompileFailed: �]0;owned��2J\n  at x';
  for (const error of [new KubeError(422, 'Invalid', said), new CommandError(said, EXIT.failed)])
    assert.equal(outcomeOf(error, false).line, line);
});
