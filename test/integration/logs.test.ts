/** Functions' lines, kept and followed: the log keeper and `catnap logs` as processes, over a cluster on this machine. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keptLogPath, LOGS_PORT_NAME, LOGS_SERVICE } from '#api/kept-log.ts';
import { CALLER_TOKEN_HEADER, SYSTEM_NAMESPACE } from '#api/names.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import { until } from '#platform/testing/until.ts';
import { LocalCatnap } from '../../local/run/local-catnap.ts';
import { catnap as runCatnap, startCatnap } from '../support/catnap.ts';
import { eventually } from '../support/eventually.ts';
import { GatewayClient } from '../support/gateway.ts';
import { manifest } from '../support/manifest.ts';
import { inherited } from '../support/settings.ts';
import { World } from '../support/world.ts';

let folder: string;
let catnap: LocalCatnap;
let gateway: GatewayClient;
const followers = new Set<ChildProcess>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catnap-logs-'));
  catnap = await LocalCatnap.start({
    kubeconfig: join(folder, 'kubeconfig'),
    apiPort: 0,
    gatewayPort: 0,
    domain: 'localhost',
    inherited,
    say: () => undefined,
    stopping: new AbortController().signal,
  });
  gateway = new GatewayClient(catnap.plane.gateway);
});
after(async () => {
  for (const child of followers) child.kill('SIGKILL');
  await gateway[Symbol.asyncDispose]();
  await catnap[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Each request writes one numbered line; `/crash` ends the process after it. */
const COUNTING = (release: string) => `export default (request: Request) => {
  const url = new URL(request.url);
  console.log('n=' + url.searchParams.get('n') + ' ${release}');
  if (url.pathname === '/crash') setTimeout(() => process.exit(7), 20);
  return 'ok';
};`;

const BROKEN = `console.error('about to fail');
throw new Error('no way');
export default () => 'never';`;

const typed = (args: readonly string[], world: World) => ['logs', ...args, '-n', world.namespace];
const kubeconfig = () => join(folder, 'kubeconfig');
const run = (args: readonly string[], world: World) => runCatnap(typed(args, world), { kubeconfig: kubeconfig() });

/** The numbers that it has shown so far. */
function follow(args: readonly string[], world: World) {
  const child = startCatnap(typed(['-f', ...args], world), { kubeconfig: kubeconfig(), timeoutMs: 180_000 });
  followers.add(child);
  let shown = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    shown += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return { child, numbers: () => numbersOf(shown), errors: () => errors };
}

const numbersOf = (shown: string) => [...shown.matchAll(/\bn=(\d+)/g)].map(([, n]) => Number(n));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test('logs -f shows each line once over sleep, wake, crash, rollout and a keeper that is killed', async () => {
  await using world = await World.create(catnap.kube, gateway);
  const url = await world.deploy(manifest(world.namespace, 'counts', COUNTING('first')));
  const two = [follow(['counts'], world), follow(['counts'], world)];
  let written = 0;
  const write = async (path = '/') => {
    const { status, text: body } = await world.call(url, { path: `${path}?n=${written}` });
    assert.equal(status, 200, body);
    written += 1;
  };
  const shown = (what: string) =>
    eventually(`both show all lines ${what}`, () => two.every(({ numbers }) => numbers().length >= written)).catch(
      (error) => {
        throw new Error(`${error.message}: ${two.map(({ numbers, errors }) => `${numbers()} ${errors()}`)}`);
      },
    );
  for (let n = 0; n < 5; n += 1) await write();
  await shown('after the first start');
  await world.asleep('counts');
  for (let n = 0; n < 5; n += 1) await write();
  await shown('after sleep and wake');
  await catnap.plane.logKeeper?.kill('SIGKILL');
  for (let n = 0; n < 5; n += 1) await write();
  await write('/crash');
  await shown('after a crash, and the keeper was killed');
  await eventually('it answers after the crash', async () => {
    const { status } = await world.call(url, { path: `/?n=${written}` });
    if (status !== 200) return false;
    written += 1;
    return true;
  });
  await world.deploy(manifest(world.namespace, 'counts', COUNTING('second')));
  await eventually('the second release answers', async () => {
    await write();
    return (await run(['counts', '--tail', '1'], world)).stdout.includes('second');
  });
  await catnap.plane.logKeeper?.kill('SIGKILL');
  for (let n = 0; n < 5; n += 1) await write();
  await world.asleep('counts');
  await shown('at zero again');
  for (const { numbers } of two)
    assert.deepEqual(
      numbers().toSorted((a, b) => a - b),
      upTo(written),
    );
  const kept = await run(['counts'], world);
  assert.equal(kept.exitCode, 0, kept.stderr);
  assert.deepEqual(numbersOf(kept.stdout), upTo(written), 'kept at zero, in their order');
  for (const { child } of two) child.kill('SIGINT');
  await until(() => two.every(({ child }) => child.exitCode !== null), 'both end with Ctrl-C');
  assert.deepEqual(
    two.map(({ child }) => child.exitCode),
    [130, 130],
  );
});

test('the last lines of a function that cannot start are there, and those of one request alone', async () => {
  await using world = await World.create(catnap.kube, gateway);
  await world.apply(
    manifest(world.namespace, 'broken', BROKEN, {
      scaling: { tryOnChange: true },
    }),
  );
  await eventually('its last words are kept', async () => {
    const { stdout } = await run(['broken'], world);
    return stdout.includes('about to fail') && stdout.includes('no way');
  });
  const url = await world.deploy(manifest(world.namespace, 'asked', COUNTING('x')));
  await world.call(url, { path: '/?n=1', headers: { 'x-request-id': 'first-1' } });
  await world.call(url, { path: '/?n=2', headers: { 'x-request-id': 'second-2' } });
  const ofRequest = await eventually('the line is kept', async () => {
    const { stdout } = await run(['asked', '--request', 'second-2', '--json'], world);
    return stdout !== '' && stdout;
  });
  const [line] = ofRequest
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one));
  assert.equal(JSON.parse(line.line).msg, 'n=2 x');
  assert.match(line.pod, /^asked-/);
});

test('without the keeper, lines of replicas that are there are shown, and followed', async () => {
  await using world = await World.create(catnap.kube, gateway);
  const url = await world.deploy(manifest(world.namespace, 'live', COUNTING('x')));
  const pods = follow(['live', '--pods'], world);
  for (let n = 0; n < 3; n += 1) await world.call(url, { path: `/?n=${n}` });
  await eventually('they are shown', () => pods.numbers().length === 3);
  await world.asleep('live');
  for (let n = 3; n < 6; n += 1) await world.call(url, { path: `/?n=${n}` });
  await eventually('those of the next replica too', () => pods.numbers().length === 6);
  assert.deepEqual(pods.numbers(), upTo(6));
  const awake = { scaling: { minReplicas: 1, maxReplicas: 1 } };
  const staying = await world.deploy(manifest(world.namespace, 'staying', COUNTING('x'), awake));
  for (let n = 0; n < 6; n += 1) await world.call(staying, { path: `/?n=${n}` });
  const { stdout } = await run(['staying', '--pods', '--tail', '2'], world);
  assert.deepEqual(numbersOf(stdout), [4, 5], stdout);
});

test('a function that is not there is told, with its exit code', async () => {
  await using world = await World.create(catnap.kube, gateway);
  for (const args of [['nothing'], ['nothing', '-f'], ['nothing', '--pods']]) {
    const { exitCode, stderr } = await run(args, world);
    assert.deepEqual([exitCode, /no function nothing/.test(stderr)], [3, true], stderr);
  }
  assert.equal((await run(['x', '--since', 'yesterday'], world)).exitCode, 2);
});

test('lines are given to those that may get the logs of pods in the namespace, and to no others', async () => {
  await using world = await World.create(catnap.kube, gateway);
  await using other = await World.create(catnap.kube, gateway);
  const url = await world.deploy(manifest(world.namespace, 'secret', COUNTING('x')));
  await world.call(url, { path: '/?n=1' });
  await eventually('the line is kept', async () => (await run(['secret'], world)).stdout.includes('n=1'));
  const ask = async (headers: Record<string, string>) => {
    const { status, body } = await catnap.kube.serviceProxy({
      namespace: SYSTEM_NAMESPACE,
      service: `http:${LOGS_SERVICE}:${LOGS_PORT_NAME}`,
      method: 'GET',
      path: keptLogPath({ namespace: world.namespace, name: 'secret' }),
      headers,
      signal: world.soon(),
    });
    return { status, text: Buffer.concat(await Array.fromAsync(body)).toString() };
  };
  const stranger = await serviceAccountToken(
    catnap.kube,
    { namespace: other.namespace, name: 'default' },
    world.soon(),
  );
  const reader = await serviceAccountToken(
    catnap.kube,
    { namespace: SYSTEM_NAMESPACE, name: 'catnap-logs-reader' },
    world.soon(),
  );
  const refused = await ask({ [CALLER_TOKEN_HEADER]: `Bearer ${stranger}` });
  assert.deepEqual([refused.status, refused.text.includes('n=1')], [403, false]);
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({ [CALLER_TOKEN_HEADER]: 'Bearer made.up.token' })).status, 401);
  const given = await ask({ [CALLER_TOKEN_HEADER]: `Bearer ${reader}` });
  assert.deepEqual([given.status, given.text.includes('n=1')], [200, true]);
});

test('the lines of a namespace go with it', async () => {
  const world = await World.create(catnap.kube, gateway);
  const url = await world.deploy(manifest(world.namespace, 'gone', COUNTING('x')));
  await world.call(url, { path: '/?n=1' });
  await eventually('the line is kept', async () => (await run(['gone'], world)).stdout.includes('n=1'));
  await world[Symbol.asyncDispose]();
  await eventually('it is dropped', async () => !(await run(['gone'], world)).stdout.includes('n=1'));
});
