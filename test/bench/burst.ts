import { SYSTEM_NAMESPACE } from '#api/names.ts';
import { DEPLOYMENTS, PODS } from '#platform/kube/resources.ts';
import type { Deployed } from '../support/deployed.ts';
import { GatewayClient } from '../support/gateway.ts';
import { manifest } from '../support/manifest.ts';
import type { World } from '../support/world.ts';
import { atMost } from './bar.ts';
import { putToSleep } from './cold-start.ts';
import { quantity, type Section } from './report.ts';
import { percentile } from './statistics.ts';

const REQUESTS = 100;
const LIMIT = 10;
/** What a request takes, and the bar for the 99th percentile beside that of all replicas started at once. */
const HANDLERS = [
  { requestMs: 50, bar: 0.6 },
  { requestMs: 500, bar: 1 },
] as const;
const TWO_GATEWAYS_BAR = 1.2;

/** Latencies of the bursts of one handler, in milliseconds. */
interface Measured {
  requestMs: number;
  bar: number;
  /** Of the very first burst, when nothing is known of the function. */
  first: number[];
  waves: number[];
  atOnce: number[];
  twoGateways: number[];
  /** That each burst in waves had in the end, by one gateway and by two. */
  replicas: number[];
  replicasOfTwo: number[];
  /** What the gateways learned of the function, by its status. */
  learned: unknown;
}

interface Stage {
  world: World;
  podRunner: number;
  /** Each an activator. */
  gateways: readonly GatewayClient[];
}

/**
 * A hundred requests at once to a function at zero that takes ten at a time: how long until each is answered, in turn
 * with the same burst while all ten replicas are started at its beginning, and with its halves at two gateways.
 */
export async function burst(system: Deployed, world: World, rounds: number): Promise<Section> {
  const podRunner = system.podRunner?.pid();
  if (podRunner === undefined) throw new Error('the pod runner does not run');
  await using gateways = new AsyncDisposableStack();
  const stage = {
    world,
    podRunner,
    gateways: (await addresses(world)).map((url) => gateways.use(new GatewayClient(url))),
  };
  const all: Measured[] = [];
  for (const handler of HANDLERS) all.push(await measure(stage, handler, rounds));
  return section(all, rounds);
}

async function measure(stage: Stage, handler: { requestMs: number; bar: number }, rounds: number): Promise<Measured> {
  const { world, gateways } = stage;
  const [one] = gateways;
  if (one === undefined || gateways.length < 2)
    throw new Error(`two activators are needed, there are ${gateways.length}`);
  const source = `export default async () => { await new Promise((done) => setTimeout(done, ${handler.requestMs})); return 'ok'; };`;
  const spec = { concurrency: { limit: LIMIT }, scaling: { idleSeconds: 600 } };
  const [waves, atOnce] = [`waves-${handler.requestMs}`, `at-once-${handler.requestMs}`];
  const urls = new Map<string, string>();
  for (const name of [waves, atOnce]) urls.set(name, await world.deploy(manifest(world.namespace, name, source, spec)));
  const from = async (name: string, clients: readonly GatewayClient[], startsAll = false) => {
    await putToSleep({ world, name, url: urls.get(name) ?? '', podRunner: stage.podRunner });
    const [latenciesMs] = await Promise.all([
      send(clients, urls.get(name) ?? ''),
      startsAll ? startAll(world, name) : undefined,
    ]);
    const replicas = (await world.pods(name)).length;
    await putToSleep({ world, name, url: urls.get(name) ?? '', podRunner: stage.podRunner });
    return { latenciesMs, replicas };
  };
  const measured: Measured = {
    ...handler,
    first: (await from(waves, [one])).latenciesMs,
    waves: [],
    atOnce: [],
    twoGateways: [],
    replicas: [],
    replicasOfTwo: [],
    learned: undefined,
  };
  await from(atOnce, [one], true);
  for (let round = 0; round < rounds; round += 1) {
    const byOne = await from(waves, [one]);
    measured.waves.push(...byOne.latenciesMs);
    measured.replicas.push(byOne.replicas);
    measured.atOnce.push(...(await from(atOnce, [one], true)).latenciesMs);
    const byTwo = await from(waves, gateways.slice(0, 2));
    measured.twoGateways.push(...byTwo.latenciesMs);
    measured.replicasOfTwo.push(byTwo.replicas);
  }
  measured.learned = (await world.get(waves)).status?.scaling?.learned;
  return measured;
}

/** All at once, to each of the gateways its share. */
async function send(clients: readonly GatewayClient[], url: string): Promise<number[]> {
  const answers = Array.from({ length: REQUESTS }, async (_, n) => {
    const { status, ms, text } = await (clients[n % clients.length] as GatewayClient).call(url);
    if (status !== 200) throw new Error(`a request of the burst was answered ${status} ${text}`);
    return ms;
  });
  return await Promise.all(answers);
}

async function startAll(world: World, name: string): Promise<void> {
  const revision = String((await world.get(name)).status?.latestRevision);
  const scale = { type: 'merge', body: { spec: { replicas: REQUESTS / LIMIT } } } as const;
  await world.kube.patch(DEPLOYMENTS, world.ref(revision), scale, { subresource: 'scale', signal: world.soon() });
}

/** Of the activators' own pods. */
async function addresses(world: World): Promise<string[]> {
  const labelSelector = 'app.kubernetes.io/component=activator';
  const pods = await world.kube.listAll(PODS, { namespace: SYSTEM_NAMESPACE, labelSelector, signal: world.soon() });
  return pods.items.flatMap(({ spec, status }) => {
    const port = spec?.containers[0]?.ports?.find(({ name }) => name === 'http')?.containerPort;
    return status?.podIP === undefined || port === undefined ? [] : [`http://${status.podIP}:${port}`];
  });
}

function section(all: readonly Measured[], rounds: number): Section {
  const p99 = (ms: readonly number[]) => percentile(ms, 99);
  const row = (name: string, ms: readonly number[]) => ({
    name,
    cells: [50, 99, 100].map((p) => quantity(percentile(ms, p), 'ms')),
  });
  return {
    title: `Burst: ${REQUESTS} requests at once to a function at zero, ${LIMIT} at a time for each replica, ${rounds} rounds in turn`,
    columns: ['p50', 'p99', 'last'],
    rows: all.flatMap(({ requestMs, first, waves, atOnce, twoGateways }) => [
      row(`${requestMs} ms, in waves`, waves),
      row(`${requestMs} ms, all replicas at once`, atOnce),
      row(`${requestMs} ms, in waves, by two gateways`, twoGateways),
      row(`${requestMs} ms, the very first burst`, first),
    ]),
    bars: all.flatMap(({ requestMs, bar, waves, atOnce, twoGateways }) => [
      atMost(
        `burst of ${requestMs} ms over all at once`,
        { figure: p99(waves), baseline: p99(atOnce), unit: 'ms' },
        bar,
      ),
      atMost(
        `burst of ${requestMs} ms, two gateways over one`,
        { figure: p99(twoGateways), baseline: p99(waves), unit: 'ms' },
        TWO_GATEWAYS_BAR,
      ),
    ]),
    notes: [
      ...all.map(({ requestMs, replicas, replicasOfTwo, learned }) => {
        return `replicas in the end, ${requestMs} ms: ${replicas.join(', ')}; by two gateways: ${replicasOfTwo.join(', ')}; learned ${JSON.stringify(learned)}`;
      }),
      'bars are for the p99; the very first burst, of a function of which nothing is known, is in none of them',
    ],
    figures: all,
  };
}
