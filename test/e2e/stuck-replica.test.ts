/** Several gateways, and a replica that one of them finds to be stuck. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENTS, PODS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { manifest } from '../support/manifest.ts';
import { useSystem } from '../support/system.ts';

const system = useSystem();

const SOURCE = `export default (request: Request) => {
  if (new URL(request.url).pathname === '/loop') for (;;) {}
  return process.env.CATNAP_POD_UID;
}`;
/** Each request over a connection of its own, so that all gateways get some. */
const headers = { connection: 'close' };

async function activators(): Promise<number> {
  const labelSelector = 'app.kubernetes.io/component=activator,app.kubernetes.io/name=catnap';
  return (await system.kube.listAll(PODS, { labelSelector, signal: AbortSignal.timeout(30_000) })).items.length;
}

test('a replica in an endless loop costs no request from a second on, whichever gateway these come to', async (t) => {
  const gateways = await activators();
  if (gateways < 2) {
    t.skip(`not checked: it takes two activators in the cluster, and there are ${gateways}`);
    return;
  }
  await using world = await system.world();
  const spec = { timeouts: { firstByteSeconds: 1 }, scaling: { minReplicas: 2, maxReplicas: 2 } };
  const url = await world.deploy(manifest(world.namespace, 'looping', SOURCE, spec));
  const seen = new Set<string>();
  await eventually('both replicas answer', async () => {
    for (let i = 0; i < 10; i += 1) seen.add((await world.call(url, { headers })).text);
    return seen.size === 2;
  });
  const stuck = await world.call(url, { path: '/loop', headers });
  assert.equal(stuck.status, 504);
  // A gateway's hint takes a moment to reach the other one; it has a second.
  const foundAtMs = performance.now();
  const meanwhile: number[] = [];
  while (performance.now() - foundAtMs < 1_000) meanwhile.push((await world.call(url, { headers })).status);
  assert.ok(meanwhile.filter((status) => status !== 200).length <= 1, meanwhile.join(' '));
  const answers = await Promise.all(Array.from({ length: 30 }, () => world.call(url, { headers })));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  const told = await eventually('an Event on the Function tells of it', async () => {
    const { items } = await system.kube.listAll(EVENTS, { namespace: world.namespace, signal: world.soon() });
    return items.find(({ reason, involvedObject }) => reason === 'ReplicaStuck' && involvedObject.kind === 'Function');
  });
  assert.match(told.message ?? '', /GET \/loop took too long .*endless loop/);
});
