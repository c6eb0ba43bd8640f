// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text of functions
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callArguments, fits } from './call-pattern.ts';

const UNDERSTOOD: [text: string, prefix: string, suffix: string][] = [
  ['(`./a/${x}.ts`)', './a/', '.ts'],
  ['(`./a/${x}/${y[")`"]}.ts`, opts)', './a/', '.ts'],
  [`("../a/" + f(x, ')') + ".json")`, '../a/', '.json'],
  ["('./' + x)", './', ''],
  ['(`./${`${x}`}b`)', './', 'b'],
  ['( /* ) */ `./${x}`)', './', ''],
];
for (const [text, prefix, suffix] of UNDERSTOOD) {
  test(`${text} begins with ${prefix} and ends with "${suffix}"`, () => {
    assert.deepEqual(callArguments(text)?.pattern, { prefix, suffix });
  });
}

for (const text of ['(x)', '("a" + x)', '(`${x}`)', '("./a\\u0062" + x)', '(f("./" + x))', '', '(']) {
  test(`${text} is no pattern`, () => {
    assert.equal(callArguments(text)?.pattern, undefined);
  });
}

test('attributes are found in the second argument alone', () => {
  assert.equal(callArguments("(`./${x}`, { with: { type: 'text' } })")?.type, 'text');
  assert.equal(callArguments("(`./${{ type: 'text' }}`)")?.type, undefined);
});

test('what follows a name that is begun does not go into folders', () => {
  assert.ok(fits('./a/b/c.ts', { prefix: './a/', suffix: '.ts' }));
  assert.ok(!fits('./ab/c.ts', { prefix: './a', suffix: '.ts' }));
  assert.ok(!fits('./a.ts', { prefix: './a', suffix: 'a.ts' }));
});
