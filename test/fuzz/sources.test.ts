import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCampaign, summary } from './campaign.ts';
import { Canary } from './canary.ts';
import { COMPILE_BOUND_MS, FuzzedCompiler } from './compile.ts';
import { generateSource } from './generate/sources.ts';

const SOURCES = 2_000;
const WITHIN_MS = 180_000;
const HEAVY_SHARE = 0.01;
/** On top of a compile's own bound: starting and ending what compiles, on a busy machine. */
const SLACK_MS = 2_000;

test('2,000 sources that mean harm compile or are refused in words, in time, and read nothing that is not theirs', async () => {
  await using canary = await Canary.place();
  await using compiler = new FuzzedCompiler();
  const outcomes = { compiled: 0, refused: 0 };
  const report = await runCampaign({
    name: 'sources',
    cases: SOURCES,
    lanes: 1,
    withinMs: WITHIN_MS,
    run: async (chance) => {
      const source = generateSource(chance, { outside: canary.paths, heavyShare: HEAVY_SHARE });
      const startedMs = performance.now();
      const compiled = await compiler.compile(source).catch((error: unknown) => {
        throw new Error(`${source.kind}: ${error instanceof Error ? error.message : error}`);
      });
      const tookMs = performance.now() - startedMs;
      outcomes[compiled.ok ? 'compiled' : 'refused'] += 1;
      if (canary.isIn(compiled.ok ? compiled.code : compiled.message)) return `${source.kind}: gives a file away`;
      if (tookMs > COMPILE_BOUND_MS + SLACK_MS) return `${source.kind}: took ${tookMs.toFixed(0)} ms`;
      return compiled.ok || compiled.message.length > 10 ? undefined : `${source.kind}: refused without a word`;
    },
  });
  console.log(
    `fuzz sources: ${outcomes.compiled} compiled, ${outcomes.refused} refused; ${compiler.late} were late, and had a process of their own`,
  );
  assert.equal(summary(report), '');
  assert.deepEqual(
    await compiler
      .compile({ files: { 'index.ts': 'export default () => 1;' }, entry: 'index.ts' })
      .then(({ ok }) => ok),
    true,
  );
});
