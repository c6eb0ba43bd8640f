import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArgumentError, parseArguments } from './arguments.ts';

const parse = (...given: string[]) => parseArguments(given, () => 42);

test('without arguments everything is immediate', () => {
  assert.deepEqual(parse(), {});
});

test('a seed is taken as it is given, or chosen', () => {
  assert.deepEqual(parse('--realism=7'), { realism: 7 });
  assert.deepEqual(parse('--realism'), { realism: 42 });
  assert.deepEqual(parse('--realism=0'), { realism: 0 });
});

test('any other argument is refused by its name', () => {
  for (const argument of ['--realism=', '--realism=x', '--realism=-1', '--realism=2147483648', '--slow', '7']) {
    assert.throws(
      () => parse(argument),
      (error: Error) => error instanceof ArgumentError && error.message.includes(argument),
    );
  }
});
