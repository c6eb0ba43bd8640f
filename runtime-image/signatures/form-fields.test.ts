import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { type FormCharset, formFields } from './form-fields.ts';
import { Refused } from './refusal.ts';

type Parse = (text: string, options: object) => unknown;

/** The parser of forms that the Functions Framework brings, through the packages that it stands on. */
function originalParser(): Parse {
  const from = (module: string, name: string): string => createRequire(module).resolve(name);
  const framework = from(import.meta.filename, '@google-cloud/functions-framework');
  return (createRequire(from(framework, 'body-parser'))('qs') as { parse: Parse }).parse;
}

const parse = originalParser();

/** With the options that the framework gives it. */
function original(text: string, charset: FormCharset): unknown {
  const arrayLimit = Math.max(100, text.split('&').length);
  const options = { allowPrototypes: true, arrayLimit, depth: 32, charset, parameterLimit: 1000, strictDepth: true };
  return text === '' ? {} : parse(text, options);
}

const CASES = [
  'lines[0][sku]=a&lines[1][sku]=b',
  'a=1&a=2&b[c]=3&d[]=4&e=%C3%A4+x',
  'a[1]=x&a[0]=y&a[5]=z',
  'a[]=1&a[]=2&a=3&a[b]=4&a=5',
  'a[b]=1&a=2&a[c]=3&a=4',
  'a[100]=x&a=y&a[]=z&a[7]=q',
  'a=1&a[99]=x',
  'a=1&a[100]=x',
  'a[][]=1&a[0][]=2&a[0][]=3',
  'a[][b]=1&a[][b]=2',
  'a[b]c[d]=1&a[e=2&[f]=3&[]=4&[0]=5',
  '=1&&a&b=&c==d&e=f=g&h[i=j]=k&%5Bl%5D=m',
  'a[b]=1&a=&a[]=&a[]=',
  'a[[b]]=1&a[b]]=2&a[]]=3',
  'toString=1&a[hasOwnProperty]=2&constructor[prototype][x]=3&a[length]=9',
  '__proto__=1&__proto__[x]=2&a[__proto__]=3&a[__proto__][x]=4&b[__proto__][]=5',
  'a=%E4&b=%zz&c=%',
  'a[01]=x&a[-1]=y&a[1.5]=z&a[ 1]=w',
  'a[0]=x&a[0]=y&a[0][b]=z&a[0]=w',
];

for (const text of CASES) {
  test(`a form as the Functions Framework reads it: ${text}`, () => {
    for (const charset of ['utf-8', 'iso-8859-1'] as const) {
      assert.deepEqual(formFields(text, charset), original(text, charset));
    }
  });
}

/** A small generator of numbers, the same for the same seed (xorshift). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test('ten thousand forms made of all that has a meaning in one, as the Functions Framework reads them', () => {
  const pieces = ['a', 'b', '[', ']', '[]', '[0]', '[1]', '[99]', '[100]', '[500]', '[a]', '[b]', '=', '&', '&a', '='];
  const more = ['[__proto__]', 'length', '%5B', '%5d', '+', '%20', '%E9', '[', ']=', 'x', '1', ''];
  const all = [...pieces, ...pieces, ...more];
  const next = numbers(20_261_128);
  for (let round = 0; round < 10_000; round++) {
    const fields = Array.from({ length: 1 + next(6) }, () =>
      Array.from({ length: 1 + next(6) }, () => all[next(all.length)]).join(''),
    );
    const text = fields.join('&');
    assert.deepEqual(formFields(text), original(text, 'utf-8'), `for ${text}`);
  }
});

test('nothing in a form reaches what other objects inherit', () => {
  formFields('__proto__[polluted]=1&constructor[prototype][polluted]=1&a[__proto__][polluted]=1&a[constructor]=x');
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test('a form with too many fields or brackets is refused', () => {
  const refusedAs = (status: number) => (error: unknown) => error instanceof Refused && error.status === status;
  assert.throws(() => formFields('a&'.repeat(1000)), refusedAs(413));
  assert.equal(Object.keys(formFields(`a&${'b&'.repeat(998)}c`)).length, 3);
  assert.throws(() => formFields(`a${'[b]'.repeat(33)}=1`), refusedAs(400));
  assert.doesNotThrow(() => formFields(`a${'[b]'.repeat(32)}=1`));
});

test('positions far apart take no room', () => {
  const before = process.memoryUsage().heapUsed;
  const text = Array.from({ length: 1000 }, (_, index) => `${index}${'[999]'.repeat(32)}=x`).join('&');
  assert.equal(Object.keys(formFields(text)).length, 1000);
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
});
