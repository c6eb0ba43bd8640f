/** Work for later while processes are killed: what was accepted ends, and ends once. CATNAP_TEST_KILL_SECONDS: for how long. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { manifest } from '../support/manifest.ts';
import { settings } from '../support/settings.ts';
import { useSystem } from '../support/system.ts';
import { counting, DispatcherFigures, killing } from './async/kills.ts';
import { AsyncLoad, type Told } from './async/load.ts';

const system = useSystem({
  dispatcher: { extraEnv: [{ name: 'CATNAP_STORE_COUNT_SECONDS', value: '1' }] },
});
const HERE = { skip: !system.local && 'not checked: kills at random, which are for a cluster of our own' };
const PER_SECOND = 200;
const { CATNAP_TEST_KILL_SECONDS: SECONDS } = settings;
/** Of each function as many ends are kept as are to be asked for; the dispatcher keeps 10,000. */
const FUNCTIONS = Math.max(4, Math.ceil((SECONDS * PER_SECOND) / 8_000));
const seed = settings.CATNAP_FUZZ_SEED ?? randomInt(2 ** 31);
/** Later than an end that it is compared with, by the rounding of clocks. */
const SLACK_MS = 2;
const RESULT_SECONDS = 7_200;

/** Writes down each run; some are to be tried again, and some can never be done, as their ids say. */
const noting = (log: string) => `import { appendFileSync } from 'node:fs';
export default async (request) => {
  const id = request.headers.get('catnap-invocation-id');
  const attempt = request.headers.get('catnap-attempt');
  appendFileSync(${JSON.stringify(log)}, [id, attempt, Date.now()].join(' ') + '\\n');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const kind = parseInt(id.slice(-2), 16);
  if (kind < 16 && attempt === '1') return new Response('later', { status: 500 });
  return kind >= 250 ? new Response('never', { status: 422 }) : new Response(id);
};
`;

/** Of each invocation, when its runs began, in milliseconds. */
async function runsIn(log: string): Promise<Map<string, number[]>> {
  const runs = new Map<string, number[]>();
  for (const line of (await readFile(log, 'utf8')).trim().split('\n')) {
    const [id = '', , atMs] = line.split(' ');
    runs.set(id, [...(runs.get(id) ?? []), Number(atMs)]);
  }
  return runs;
}

/** What is wrong with how one has ended; undefined: nothing. */
function faultOf(told: Told, before: Told | undefined, runs: readonly number[] = []): string | undefined {
  const { id, status, attempts, expiresAt, response } = told;
  if (status !== 'done' && status !== 'buried') return `${id} is ${status}`;
  if (status === 'done' && (response?.status !== 200 || response.body !== id)) return `${id} has another's answer`;
  if (
    before !== undefined &&
    (before.status !== status || before.attempts !== attempts || before.expiresAt !== expiresAt)
  )
    return `${id} ended twice: ${JSON.stringify(before)}, ${JSON.stringify(told)}`;
  if (runs.length === 0) return `${id} is ${status} and was never run`;
  const endedAtMs = Date.parse(String(expiresAt)) - RESULT_SECONDS * 1_000;
  if (status === 'done' && Math.max(...runs) > endedAtMs + SLACK_MS) return `${id} was run after it had ended`;
  return undefined;
}

test('whatever is killed, all that was accepted ends once', { ...HERE, timeout: (SECONDS + 300) * 1_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-kill-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const log = join(folder, 'runs');
  await using world = await system.world();
  const async = { maxConcurrency: 50, result: { seconds: RESULT_SECONDS }, retry: { maxBackoffSeconds: 2 } };
  const scaling = { minReplicas: 1, maxReplicas: 2, idleSeconds: 60 };
  const deploys = Array.from({ length: FUNCTIONS }, (_, n) =>
    world.deploy(manifest(world.namespace, `work-${n}`, noting(log), { async, scaling })),
  );
  const load = new AsyncLoad(world.gateway, await Promise.all(deploys));
  const stop = new AbortController();
  cleanup.defer(() => stop.abort());
  const kills = killing({ world, podRunner: system.podRunner.pid() ?? 0, seed, stop: stop.signal });
  const figures = new DispatcherFigures(system.kube);
  const counts = counting(figures, stop.signal);
  await load.send({ perSecond: PER_SECOND, seconds: SECONDS });
  stop.abort();
  const killed = await kills;
  const ends = await load.ends();
  const runs = await runsIn(log);
  const faults = ends.map((told, at) => faultOf(told, load.accepted[at]?.ended, runs.get(told.id)));
  const { looks, wrong } = await counts;
  console.log({ seed, killed, answers: Object.fromEntries(load.answers), looks, ended: countBy(ends) });
  assert.deepEqual(faults.filter((fault) => fault !== undefined).slice(0, 10), []);
  assert.deepEqual(load.faults.slice(0, 10), []);
  assert.deepEqual(wrong, []);
  assert.ok(looks > 0 && ends.length > PER_SECOND, `${looks} looks, ${ends.length} accepted`);
  await eventually('all that was accepted is done or buried', async () => {
    const { accepted, done, buried } = await figures.totals();
    return accepted >= ends.length && done + buried === accepted;
  });
});

function countBy(ends: readonly Told[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(Object.groupBy(ends, ({ status, attempts }) => `${status} at ${attempts}`)).map(([key, all]) => [
      key,
      all?.length ?? 0,
    ]),
  );
}
