import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preferencesOf, withoutPreferences } from './prefer.ts';

const isAsync = (field: string) => preferencesOf(field).respondAsync;
const wait = (field: string) => preferencesOf(field).waitSeconds;

test('respond-async is found in a list, in any case, with spaces, parameters and empty elements around it', () => {
  const asked = [
    'respond-async',
    'Respond-ASYNC',
    ' \trespond-async\t ',
    'respond-async, wait=10',
    'return=minimal,respond-async',
    ', ,respond-async,',
    'respond-async; foo="a, b";bar=c',
    'respond-async ; ;',
    'foo; bar=baz, respond-async',
    'foo="a \\" , b", respond-async',
    'respond-async=""',
    'lenient = x ; y = "z" , respond-async',
  ];
  assert.deepEqual(
    asked.filter((field) => !isAsync(field)),
    [],
  );
});

test('what only looks like it is not it', () => {
  const others = [
    '',
    'respond-asynchronously',
    'x-respond-async',
    'respond',
    'foo="respond-async"',
    'foo="a, respond-async, b"',
    'foo; respond-async',
    'foo=respond-async',
    'respond-async=false',
    'respond-async=1',
    '"respond-async"',
    'respond-async x',
    'foo="a, respond-async',
    'foo="a\\", respond-async',
  ];
  assert.deepEqual(others.filter(isAsync), []);
});

test('an element that cannot be read spoils none of the others', () => {
  assert.ok(isAsync('@@@, respond-async'));
  assert.ok(isAsync('a b c "x, y" d, respond-async'));
  assert.ok(isAsync('foo="x"y, respond-async'));
});

test('of a preference that comes twice the first counts', () => {
  assert.equal(isAsync('respond-async=no, respond-async'), false);
  assert.equal(wait('wait=5, wait=9'), 5);
});

test('wait is a number of seconds, quoted or not', () => {
  assert.deepEqual(['wait=20', 'WAIT = "7"', 'a, wait=0'].map(wait), [20, 7, 0]);
  const others = ['wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=1e3', 'wait=9999999999', 'wait=x', 'respond-async'];
  assert.deepEqual(others.map(wait), new Array(others.length).fill(undefined));
});

test('some preferences are taken out, the others stay as they came', () => {
  const left = (field: string) => withoutPreferences(field, ['respond-async', 'wait']);
  assert.equal(left('respond-async'), '');
  assert.equal(left('Respond-Async;x=1, return=minimal'), 'return=minimal');
  assert.equal(left(' a ; b="c, respond-async" ,respond-async,wait=3, d '), 'a ; b="c, respond-async", d');
});

test('a field of 64 KiB is read in a moment, whatever it consists of', () => {
  const from = performance.now();
  for (const part of ['; ', ' ', ';', 'a=', '"', '\\"', 'a;b="c" ;', ', ', '"\\', '= ']) {
    isAsync(part.repeat(65_536 / part.length));
    isAsync(`a${part.repeat(65_536 / part.length)}`);
    isAsync(`a="${part.repeat(65_536 / part.length)}`);
  }
  assert.ok(performance.now() - from < 2_000, `${performance.now() - from} ms`);
});
