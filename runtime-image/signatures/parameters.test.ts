import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UserFunction } from './invoke.ts';
import { mayCallBack, takesSecondArgument } from './parameters.ts';

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

const CALL_BACK = [
  '(event, context, callback) => callback(null, 1)',
  '(event, context, cb) => { setTimeout(cb, 5); }',
  '(event, context) => { context.done(null, 1); }',
  '(event, context) => { setTimeout(() => context . succeed(1), 5); }',
  '(event, context) => { inner(event, context); }',
  '(event, context) => { const { done } = context; done(); }',
  "(event, context) => { context['fail'](new Error('x')); }",
  '(event, context) => { later({ ...context }); }',
  '(event, { done }) => { done(); }',
  '({ a, b, c, d }, context) => { context.done(); }',
  '(...all) => inner(...all)',
  'function (event, context) { return inner.apply(this, arguments); }',
  '(event, $, _) => { _(null, $.awsRequestId); }',
  '(event, context) => { eval("context.done()"); }',
  '(function (event, context, callback) {}).bind(null)',
];
for (const source of CALL_BACK) {
  test(`may answer after it has returned: ${source}`, () => assert.equal(mayCallBack(function_(source)), true));
}

const CALL_NOT_BACK = [
  '(event) => { log(event); }',
  '(event, context) => { log(event); }',
  '(event, context) => { log(context.awsRequestId, context.functionName); }',
  'function handler(event, context, callback) { context.callbackWaitsForEmptyEventLoop = false; }',
  '(e, $, _) => { log(e.$x, $.awsRequestId); }',
  '(event, context,) => { doneWith(event); }',
];
for (const source of CALL_NOT_BACK) {
  test(`is done when it returns: ${source}`, () => assert.equal(mayCallBack(function_(source)), false));
}
