import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useSystem } from '../support/system.ts';
import { Author } from './author.ts';
import { runCampaign, summary } from './campaign.ts';
import { ClusterStage } from './cluster-stage.ts';
import { generateFunction } from './generate/functions.ts';

const system = useSystem();
const FUNCTIONS = 2_000;
const WITHIN_MS = 150_000;
const LANES = 8;
const JUDGED_WITHIN_MS = 15_000;

test('2,000 Functions, valid or not: each is refused or judged, and nobody else is kept waiting', async () => {
  await using stage = await ClusterStage.start(system);
  const author = new Author(stage.kube, JUDGED_WITHIN_MS);
  const outcomes: Record<string, number> = {};
  const report = await runCampaign({
    name: 'functions',
    cases: FUNCTIONS,
    lanes: LANES,
    withinMs: WITHIN_MS,
    run: async (chance, index) => {
      const fn = await author.make(generateFunction(chance, index, stage.attack.namespace));
      const outcome = fn?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'refused or deleted';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (fn !== undefined) await author.remove({ namespace: fn.metadata.namespace, name: fn.metadata.name });
      return undefined;
    },
  });
  console.log(`fuzz functions: ${report.ran} Functions: ${JSON.stringify(outcomes)}`);
  assert.equal([summary(report), ...(await stage.harm())].filter(Boolean).join('\n'), '');
  assert.ok(Object.keys(outcomes).length > 3, 'most came to the same: the cases say nothing');
});
