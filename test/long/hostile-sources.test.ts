import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Author } from '../fuzz/author.ts';
import { Chance } from '../fuzz/generate/chance.ts';
import { heaviest } from '../fuzz/generate/nesting.ts';
import { waysTo } from '../fuzz/generate/source-maps.ts';
import { SystemWatch } from '../fuzz/system-watch.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();
const POISONED = 50;
/** One in so many keeps a bundler at work for as long as it is let. */
const HEAVY_EVERY = 8;
const GOOD_WITHIN_MS = 5_000;
/** A compile that is ended for its time is tried again, later each time, before it is refused. */
const JUDGED_WITHIN_MS = 120_000;
const SEED = 1;

/** Leads a bundler to what has no end, to what is not the author's, or deep into itself. */
function poison(index: number): string {
  const chance = new Chance(SEED, index);
  if (index % HEAVY_EVERY === 0) return heaviest(chance);
  const to = waysTo(
    chance,
    chance.of([
      '/dev/zero',
      '/etc/passwd',
      '/proc/self/environ',
      '/var/run/secrets/kubernetes.io/serviceaccount/token',
    ]),
  );
  const map = Buffer.from(JSON.stringify({ version: 3, sources: [to], names: [], mappings: 'AAAA' })).toString(
    'base64',
  );
  return `${HELLO}//# sourceMappingURL=data:application/json;base64,${map}\n`;
}

test('50 poisoned sources in a row: a good one of another tenant is ready within 5 s, and nothing was started again', async () => {
  await using attack = await system.world();
  await using other = await system.world();
  const watch = await SystemWatch.begin(system.kube);
  await other.deploy(manifest(other.namespace, 'before', HELLO));
  const author = new Author(system.kube, JUDGED_WITHIN_MS);
  const judged = Array.from({ length: POISONED }, (_, index) =>
    author.make({
      object: { ...manifest(attack.namespace, `poisoned-${index}`, poison(index)) },
      updates: [],
      deleted: false,
    }),
  );
  const all = Promise.allSettled(judged);
  const startedMs = performance.now();
  await other.deploy(manifest(other.namespace, 'good', `export default () => 'good';`));
  const tookMs = performance.now() - startedMs;
  const unjudged = (await all).filter(({ status }) => status === 'rejected');
  assert.deepEqual(unjudged, []);
  assert.ok(tookMs <= GOOD_WITHIN_MS, `it took ${tookMs.toFixed(0)} ms`);
  assert.deepEqual((await watch?.ended()) ?? [], []);
});
