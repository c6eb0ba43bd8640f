import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from '../campaign.ts';
import { compareReaders } from './campaign-of-responses.ts';
import { DIFFERENCES, differenceOf } from './differences.ts';
import type { Outcome } from './outcome.ts';

const CASES = 500;
const WITHIN_MS = 20_000;

test('500 answers are read as llhttp reads them, or otherwise in a way that has its reason', async () => {
  const report = await compareReaders(CASES, WITHIN_MS);
  assert.equal(summary(report), '');
});

const answered: Outcome = {
  kind: 'answered',
  informed: [],
  status: 200,
  reason: 'OK',
  headers: [],
  body: '',
  trailers: [],
};

test('what is read otherwise without a known reason is a difference that is not known', () => {
  const refused = { kind: 'refused', code: 'BAD_CHARACTER' } as const;
  assert.equal(differenceOf(answered, { ...answered, body: 'x' }, ''), undefined);
  assert.equal(differenceOf(refused, answered, 'nothing odd in it'), undefined);
  assert.equal(differenceOf(answered, { kind: 'refused', code: 'HPE_STRICT' }, ''), undefined);
  assert.equal(differenceOf(refused, answered, 'a\0b'), DIFFERENCES[0]?.name);
});

test('outcomes that are alike, and refusals for different reasons, are no difference', () => {
  assert.equal(differenceOf(answered, { ...answered }, ''), 'none');
  assert.equal(differenceOf({ kind: 'refused', code: 'a' }, { kind: 'refused', code: 'b' }, ''), 'none');
});

test('each difference has a name of its own, a reason and a section of a standard', () => {
  assert.equal(new Set(DIFFERENCES.map(({ name }) => name)).size, DIFFERENCES.length);
  for (const { why, section } of DIFFERENCES) assert.ok(why.length > 10 && /^RFC \d+, \d/.test(section), section);
});
