import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { KubeClient } from '#platform/kube/client.ts';
import { DEPLOYMENTS } from '#platform/kube/resources.ts';
import { systemClock } from '#platform/time/clock.ts';
import { deploymentScales } from '../../activator/cold-start/deployment-scale.ts';
import { ScaleUp } from '../../activator/cold-start/scale-up.ts';
import { deployment, TestServer, TOKEN } from '../../local/cluster/api-server/test-server.ts';
import { eventually } from '../support/eventually.ts';

const DEPLOYMENTS_PATH = '/apis/apps/v1/namespaces/default/deployments';
const NEEDS = [
  [10, 1],
  [1, 10],
  [3, 3],
] as const;

let server: TestServer;
let kube: KubeClient;
before(async () => {
  server = await TestServer.start();
  const credentials = async () => ({ authorization: `Bearer ${TOKEN}`, tls: {} });
  const url = `http://${server.authority}`;
  kube = new KubeClient({ server: url, source: 'test', credentials, refresh: () => undefined });
});
after(async () => {
  await kube[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

for (const [one, other] of NEEDS) {
  test(`two gateways that wake one revision at once, for ${one} and for ${other} replicas, never lower it`, async () => {
    const name = `f-${one}-${other}`;
    const made = await server.call('POST', DEPLOYMENTS_PATH, deployment(name, 0));
    const since = made.body.metadata.resourceVersion;
    const lines: { level: number }[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    using first = new ScaleUp(deploymentScales(kube), systemClock, log);
    using second = new ScaleUp(deploymentScales(kube), systemClock, log);
    const ref = { namespace: 'default', revision: name };
    first.raise(ref, one, true);
    second.raise(ref, other, true);
    const most = Math.max(one, other);
    await eventually('it has what the larger need asks for', async () => {
      const { spec } = await kube.get(
        DEPLOYMENTS,
        { namespace: 'default', name },
        { signal: AbortSignal.timeout(5_000) },
      );
      return spec?.replicas === most;
    });
    const seen = await replicasSince(name, since);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1), most);
    assert.deepEqual(
      lines.filter(({ level }) => level > 30),
      [],
    );
  });
}

/** The numbers of replicas that the Deployment has had, and has in the two seconds in which both look again. */
async function replicasSince(name: string, resourceVersion: string): Promise<number[]> {
  const path = `${DEPLOYMENTS_PATH}?watch=1&resourceVersion=${resourceVersion}&fieldSelector=metadata.name=${name}&timeoutSeconds=2`;
  const seen: number[] = [];
  for await (const { object } of server.watch(path, AbortSignal.timeout(5_000))) seen.push(object.spec.replicas);
  return seen;
}
