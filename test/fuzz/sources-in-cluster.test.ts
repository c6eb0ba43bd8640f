import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { useSystem } from '../support/system.ts';
import { condition, type World } from '../support/world.ts';
import { Author } from './author.ts';
import { runCampaign, summary } from './campaign.ts';
import { Canary } from './canary.ts';
import { ClusterStage } from './cluster-stage.ts';
import type { GeneratedFunction } from './generate/functions.ts';
import { generateSource } from './generate/sources.ts';
import { unpackedBundle } from './measure/traces.ts';

const system = useSystem();
const SOURCES = 60;
const WITHIN_MS = 120_000;
const LANES = 4;
const HEAVY_SHARE = 0.12;
/** A compile that is ended for its time is tried again before it is refused. */
const JUDGED_WITHIN_MS = 60_000;
const CALLED = 12;
const CALL_MS = 5_000;

const isReady = (fn: FunctionObject) => condition(fn, 'Ready')?.status === 'True';

function functionOf(namespace: string, name: string, source: object): GeneratedFunction {
  // Not tried by a start: those that are called start then.
  const scaling = { maxReplicas: 1, idleSeconds: 2, tryOnChange: false };
  const spec = { source, timeoutSeconds: 3, queue: { timeoutSeconds: 3 }, scaling };
  const object = { apiVersion: 'catnap.dev/v1alpha1', kind: 'Function', metadata: { namespace, name }, spec };
  return { object, updates: [], deleted: false };
}

/** Bundles, as they are stored and unpacked. */
async function bundles({ kube, namespace, soon }: World): Promise<string[]> {
  const { items } = await kube.listAll(CONFIG_MAPS, { namespace, signal: soon() });
  return items.flatMap(({ data = {} }) => {
    const chunks = Object.entries(data)
      .filter(([key]) => /^\d+$/.test(key))
      .sort(([a], [b]) => Number(a) - Number(b));
    const stored = Object.values(data);
    return chunks.length === 0 ? stored : [...stored, unpackedBundle(chunks.map(([, chunk]) => chunk))];
  });
}

/** What the first functions that are ready answer; a handler may well fail, or never answer. */
function answers(world: World, functions: readonly FunctionObject[]): Promise<string[]> {
  const called = functions.filter(isReady).slice(0, CALLED);
  return Promise.all(
    called.map(async ({ status }) => {
      const signal = AbortSignal.timeout(CALL_MS);
      const answer = await world
        .call(String(status?.url), { signal })
        .catch((error: unknown) => ({ text: String(error), headers: {} }));
      return JSON.stringify(answer.headers) + answer.text;
    }),
  );
}

test('60 sources that mean harm, as Functions: nobody else waits, and no file from beside the operator shows anywhere', async () => {
  await using canary = await Canary.place();
  await using stage = await ClusterStage.start(system);
  const author = new Author(stage.kube, JUDGED_WITHIN_MS);
  const judged: FunctionObject[] = [];
  const report = await runCampaign({
    name: 'sources in a cluster',
    cases: SOURCES,
    lanes: LANES,
    withinMs: WITHIN_MS,
    run: async (chance, index) => {
      const limits = { outside: canary.paths, heavyShare: HEAVY_SHARE, valid: true };
      const { kind, files, entry } = generateSource(chance, limits);
      const source =
        entry === 'index.ts' && Object.keys(files).length === 1 ? { inline: files[entry] } : { files, entry };
      const fn = await author
        .make(functionOf(stage.attack.namespace, `source-${index}`, source))
        .catch((error: unknown) => {
          throw new Error(`${kind}: ${error instanceof Error ? error.message : error}`);
        });
      if (fn !== undefined) judged.push(fn);
      return undefined;
    },
  });
  const harm = await stage.harm();
  const shown = [...(await bundles(stage.attack)), JSON.stringify(judged), await stage.logs()];
  // From here on who knows the secret has it from a bundle: a handler of this machine's pods could read the files itself.
  await canary[Symbol.asyncDispose]();
  shown.push(...(await answers(stage.attack, judged)));
  console.log(`fuzz sources in a cluster: ${judged.length} judged, ${judged.filter(isReady).length} of them ready`);
  assert.equal([summary(report), ...harm].filter(Boolean).join('\n'), '');
  assert.deepEqual(
    shown.filter((text) => canary.isIn(text)).map((text) => text.slice(0, 500)),
    [],
  );
  assert.ok(judged.length >= report.ran / 2, 'most were refused before the operator saw them: the cases say nothing');
});
