import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateAnswer } from './answers.ts';
import { Chance } from './chance.ts';
import { generateFunction } from './functions.ts';
import { generateOrderly, generateRequests } from './requests.ts';
import { generateResponse } from './responses.ts';
import { generateSource } from './sources.ts';

const SEED = 7;
const LIMITS = { outside: ['/tmp/canary/canary.txt', '/etc/x'], heavyShare: 0.1 };
const TARGETS = { host: 'a.default.fn.example', other: 'b.default.fn.example' };
const GENERATORS: Record<string, (chance: Chance, index: number) => unknown> = {
  sources: (chance) => generateSource(chance, LIMITS),
  functions: (chance, index) => generateFunction(chance, index, 'default'),
  answers: generateAnswer,
  responses: generateResponse,
  requests: (chance, index) => generateRequests(chance, index, TARGETS),
  'orderly requests': (chance, index) => generateOrderly(chance, index, TARGETS),
};
const cases = <T>(count: number, make: (chance: Chance, index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(new Chance(SEED, index), index));

for (const [name, generate] of Object.entries(GENERATORS)) {
  test(`${name} are the same for the same seed and number, and others for others`, () => {
    const texts = cases(60, generate).map((value) => JSON.stringify(value));
    assert.deepEqual(
      cases(60, generate).map((value) => JSON.stringify(value)),
      texts,
    );
    assert.ok(new Set(texts).size > 50, `${new Set(texts).size} of 60 differ`);
    assert.notEqual(JSON.stringify(generate(new Chance(SEED + 1, 0), 0)), texts[0]);
  });
}

test('sources come in all kinds, hold their entry, and stay below what a Function may hold', () => {
  const sources = cases(600, (chance) => generateSource(chance, LIMITS));
  const kinds = new Set(sources.map(({ kind }) => kind.replace(', spoiled', '')));
  assert.ok(kinds.size >= 12, [...kinds].join(', '));
  for (const { kind, files, entry } of sources) {
    assert.ok(Object.hasOwn(files, entry), kind);
    assert.ok(Object.values(files).join('').length <= 180_000, kind);
  }
});

test('many sources try to reach a file outside of them', () => {
  const sources = cases(300, (chance) => JSON.stringify(generateSource(chance, LIMITS).files));
  assert.ok(sources.filter((text) => /canary|\/etc\/x|sourceMappingURL/.test(text)).length > 60);
});

test('each Function that is not named to be refused has a name of its own, and asks for no replica', () => {
  const functions = cases(300, (chance, index) => generateFunction(chance, index, 'there'));
  const plain = functions.filter(({ object }, index) => object.metadata.name === `fuzz-${index}`);
  assert.ok(plain.length > 250);
  for (const { object } of functions) {
    assert.equal(object.metadata.namespace, 'there');
    assert.equal((object as { spec?: { scaling?: { minReplicas?: number } } }).spec?.scaling?.minReplicas, 0);
  }
});

test('all that is sent fits into bytes', () => {
  const wires = [
    ...cases(300, generateAnswer),
    ...cases(300, (chance, index) => generateRequests(chance, index, TARGETS)),
  ];
  const beyond = wires.flatMap(({ pieces }) => [...pieces.join('')].filter((character) => character > '\xff'));
  assert.deepEqual(beyond, []);
});

test('orderly requests are as many as are owed', () => {
  for (const { pieces, owed } of cases(200, (chance, index) => generateOrderly(chance, index, TARGETS))) {
    assert.equal(pieces.join('').match(/ HTTP\/1\.1\r\n/g)?.length, owed);
  }
});

test('a text that is cut into pieces is the same text', () => {
  for (const text of ['', 'a', 'abcdefghij']) {
    const pieces = cases(50, (chance) => chance.pieces(text, 4).join(''));
    assert.deepEqual(new Set(pieces), new Set([text]));
  }
});
