/** A handler that runs for longer than it takes to replace all that stands between it and who sent its request. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import { DEPLOYMENTS, PODS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';
import type { Told } from './async/load.ts';

const system = useSystem();
const HERE = { skip: !system.local && 'not checked: rolling updates of Catnap, whose Deployments are not ours' };
const HANDLER_MS = 60_000;
const soon = () => AbortSignal.timeout(60_000);

/** Writes down when a run begins and when it ends, in which order they came. */
const lasting = (log: string) => `import { appendFileSync } from 'node:fs';
const note = (what) => appendFileSync(${JSON.stringify(log)}, what + '\\n');
export default async (request) => {
  const { searchParams } = new URL(request.url);
  note('begin ' + searchParams.get('name'));
  await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get('ms'))));
  note('end ' + searchParams.get('name'));
  return new Response('made ' + searchParams.get('name'));
};
`;

const podsOf = async (component: string) => {
  const labelSelector = `app.kubernetes.io/component=${component}`;
  return (await system.kube.listAll(PODS, { namespace: SYSTEM_NAMESPACE, labelSelector, signal: soon() })).items;
};

let restarts = 0;

/** As `kubectl rollout restart` and `status` do. Resolves once all that the Service has are new; those before may still be leaving. */
async function restart(component: string): Promise<void> {
  const ref = { namespace: SYSTEM_NAMESPACE, name: `catnap-${component}` };
  const before = new Set((await podsOf(component)).map(({ metadata }) => metadata?.uid));
  restarts += 1;
  const template = { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': `${restarts}` } } };
  await system.kube.patch(DEPLOYMENTS, ref, { type: 'merge', body: { spec: { template } } }, { signal: soon() });
  await eventually(
    `${component} is replaced`,
    async () => {
      const { spec } = await system.kube.get(DEPLOYMENTS, ref, { signal: soon() });
      const pods = await podsOf(component);
      const staying = pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
      const areReady = staying.every(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      );
      return (
        staying.length === spec?.replicas && areReady && staying.every(({ metadata }) => !before.has(metadata?.uid))
      );
    },
    60_000,
  );
}

test('a handler that outlasts a rolling update of gateways and dispatcher runs once, and its answer is kept', {
  ...HERE,
  timeout: 280_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-update-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const log = join(folder, 'runs');
  const lines = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  await using world = await system.world();
  const url = await world.deploy(manifest(world.namespace, 'job', lasting(log), { async: { timeoutSeconds: 300 } }));
  const send = async (name: string, ms: number) => {
    const headers = { prefer: 'respond-async' };
    // While there is no dispatcher, and shortly after, nothing is accepted.
    const accepted = await eventually('it is accepted', async () => {
      const answer = await world.call(url, { method: 'POST', path: `/?name=${name}&ms=${ms}`, headers });
      return answer.status === 202 && answer;
    });
    return String(accepted.headers.location);
  };
  const ended = (path: string) =>
    eventually(
      `${path} has ended`,
      async () => {
        const { status, text } = await world.call(url, { path, headers: { prefer: 'wait=20' } });
        const told = status === 200 ? (JSON.parse(text) as Told) : undefined;
        return told !== undefined && !['waiting', 'running'].includes(told.status) && told;
      },
      HANDLER_MS * 2,
    );

  const long = await send('long', HANDLER_MS);
  await eventually('it runs', async () => (await lines()).includes('begin long'));
  await restart('activator');
  await restart('dispatcher');
  const short = await ended(await send('short', 0));
  assert.deepEqual([short.status, short.attempts, short.response?.body], ['done', 1, 'made short']);
  await restart('dispatcher');
  assert.ok((await podsOf('activator')).length > 2, 'a gateway that leaves waits for what it delivers');
  assert.ok(!(await lines()).includes('end long'), 'it still runs: it has to outlast the update');
  const told = await ended(long);
  assert.deepEqual([told.status, told.attempts, told.response?.body], ['done', 1, 'made long']);
  assert.deepEqual(await lines(), ['begin long', 'begin short', 'end short', 'end long']);
  await eventually('the gateways before have left', async () => (await podsOf('activator')).length === 2);
});
