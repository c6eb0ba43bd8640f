import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../store.ts';
import { inWords, isLost, isTakenBack } from './errors.ts';

/** As the database says it. */
const said = (code: string) => Object.assign(new Error(`told ${code}`), { code, severity: 'ERROR' });
const codeOf = (error: unknown) => (inWords(error) as StoreError).code;

test('each failure is told as what can be done about it', () => {
  const codes = {
    '53100': 'DiskFull',
    '40P01': 'Busy',
    '55P03': 'Busy',
    '57014': 'Busy',
    '57P01': 'Unreachable',
    '57P03': 'Unreachable',
    '53300': 'Unreachable',
    '25006': 'Unreachable',
    '28P01': 'Unusable',
    '3D000': 'Unusable',
    '42501': 'Unusable',
    '23514': 'Failed',
    '42703': 'Failed',
  };
  for (const [code, wanted] of Object.entries(codes)) assert.equal(codeOf(said(code)), wanted, code);
  assert.equal(codeOf(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })), 'Unreachable');
  assert.equal(codeOf(new Error('Connection terminated unexpectedly')), 'Unreachable');
  assert.equal(codeOf(new TypeError('x is not a function')), 'Failed');
  assert.ok(inWords(new RangeError('no page')) instanceof RangeError);
});

test('a host of which each address refuses is told with what each said', () => {
  const error = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]);
  assert.match(inWords(error).message, /::1 refused, 127\.0\.0\.1 refused/);
});

test('only what the database took back by itself is tried again', () => {
  assert.ok(isTakenBack(said('40P01')));
  assert.ok(isTakenBack(said('40001')));
  assert.ok(!isTakenBack(said('57P01')));
  assert.ok(!isTakenBack(new Error('Connection terminated')));
});

test('a connection is used again after what the database said, but not where it or the way to it failed', () => {
  assert.ok(!isLost(said('23514')));
  assert.ok(!isLost(said('53100')));
  assert.ok(!isLost(new StoreError('Busy', 'later')));
  assert.ok(!isLost(new RangeError('no page')));
  assert.ok(isLost(said('57P01')));
  assert.ok(isLost(said('25P03')));
  assert.ok(isLost(new Error('Query read timeout')));
});
