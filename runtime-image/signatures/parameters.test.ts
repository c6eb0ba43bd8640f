import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UserFunction } from './invoke.ts';
import { takesSecondArgument } from './parameters.ts';

/** As users write them; compiled or formatted they would be others. */
const function_ = (source: string): UserFunction => new Function(`return (${source})`)() as UserFunction;

const TAKES = [
  '(event, context) => 1',
  '(...all) => 1',
  '(event, ...rest) => 1',
  '(event, context = {}) => 1',
  'function (event) { return inner.apply(null, arguments); }',
  'async function handler(event, { done } = {}) {}',
  '(function (event) {}).bind(null)',
  'new Proxy((event) => 1, {})',
];
for (const source of TAKES) {
  test(`may look at a second argument: ${source}`, () => assert.equal(takesSecondArgument(function_(source)), true));
}

const TAKES_NOT = [
  '() => 1',
  'event => event.a === 1',
  'async (event) => { const x = [...event.list]; return x; }',
  '({ a = 1, ...rest }) => rest',
  'async function handler(event) { const b = (c = 2) => c; }',
  '() => (a, ...b) => 1',
];
for (const source of TAKES_NOT) {
  test(`looks at its first argument alone: ${source}`, () =>
    assert.equal(takesSecondArgument(function_(source)), false));
}
