import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settings } from '../support/settings.ts';
import { summary } from './campaign.ts';
import { compareReaders } from './differential/campaign-of-responses.ts';
import { DIFFERENCES } from './differential/differences.ts';

const CASES = 20_000;
const WITHIN_MS = 60_000;

test('20,000 answers are read as llhttp reads them; each difference that has its reason is still there', async () => {
  const report = await compareReaders(CASES, WITHIN_MS);
  console.log(`fuzz response parser: ${report.ran} answers, ${report.alike} read alike by both`);
  for (const [name, times] of report.met) console.log(`  ${times} x ${name}`);
  assert.equal(summary(report), '');
  const isReplay = settings.CATNAP_FUZZ_CASES !== undefined;
  const missed = DIFFERENCES.filter(({ name }) => !isReplay && !report.met.has(name)).map(({ name }) => name);
  assert.deepEqual(missed, [], 'differences that were not met');
  if (!isReplay) assert.ok(report.alike > CASES / 5, `only ${report.alike} were valid`);
});
