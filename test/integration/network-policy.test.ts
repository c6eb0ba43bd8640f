/** The NetworkPolicy that the operator keeps where there are Functions. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND } from '#api/names.ts';
import { isNotFound } from '#platform/kube/error.ts';
import {
  DEPLOYMENTS,
  EVENTS,
  NAMESPACES,
  NETWORK_POLICIES,
  type NetworkPolicy,
  SERVICES,
} from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { Stage } from './operator-stage.ts';

const rules = (parts: object = {}) => ({
  CATNAP_NETWORK_POLICY: JSON.stringify({
    activators: { matchLabels: { 'app.kubernetes.io/component': 'activator' } },
    metricsFrom: [{ namespaceSelector: { matchLabels: { team: 'monitoring' } } }],
    ...parts,
  }),
});

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal, namespace } = stage;
await restart(rules());

const ref = { namespace, name: 'catnap-functions' };
const inline = { source: { inline: 'export default () => 1;' } };

async function restart(env: Record<string, string>): Promise<void> {
  await stage.stopOperator();
  await stage.startOperator(env);
}

async function policy(): Promise<NetworkPolicy | undefined> {
  return await kube.get(NETWORK_POLICIES, ref, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

test('it comes with the first Function, is put right when somebody changes or removes it, and goes with the last', async () => {
  assert.equal(await policy(), undefined);
  await stage.apply('one', inline);
  const made = await eventually('it is there', policy);
  assert.deepEqual(made.spec?.policyTypes, ['Ingress']);
  assert.equal(made.spec?.ingress?.length, 2);

  const open = { type: 'merge', body: { spec: { ingress: [{}] } } } as const;
  await kube.patch(NETWORK_POLICIES, ref, open, { signal });
  await eventually('it is put right', async () => (await policy())?.spec?.ingress?.length === 2);
  await kube.delete(NETWORK_POLICIES, ref, { signal });
  await eventually('it is made again', policy);

  await stage.apply('two', inline);
  await kube.delete(FUNCTIONS, { namespace, name: 'one' }, { signal });
  await eventually('one is gone', () => stage.isGone('one'));
  assert.notEqual(await policy(), undefined);
  await kube.delete(FUNCTIONS, { namespace, name: 'two' }, { signal });
  await eventually('it is gone', async () => (await policy()) === undefined);
});

test('it is written only when it is absent or another', async () => {
  await stage.apply('steady', inline);
  const version = (await eventually('it is there', policy)).metadata?.resourceVersion;
  await restart(rules());
  await stage.apply('other', inline);
  await stage.function('other', 'is made', (fn) => fn.status?.revision !== undefined);
  assert.equal((await policy())?.metadata?.resourceVersion, version);
  await restart(rules({ egress: 'closed' }));
  await eventually('it is closed', async () => (await policy())?.spec?.policyTypes?.includes('Egress'));
  await restart(rules());
  await eventually('it is open', async () => (await policy())?.spec?.egress === undefined);
  for (const name of ['steady', 'other']) await kube.delete(FUNCTIONS, { namespace, name }, { signal });
  await eventually('it is gone', async () => (await policy()) === undefined);
});

test("another's of the same name is left alone, and that is said", async () => {
  const object: NetworkPolicy = { metadata: ref, spec: { podSelector: {}, policyTypes: ['Ingress'] } };
  const theirs = await kube.create(NETWORK_POLICIES, object, { signal });
  await stage.apply('guest', inline);
  const event = await eventually('an Event says so', async () => {
    const { items } = await kube.listAll(EVENTS, { namespace, signal });
    return items.find(({ involvedObject }) => involvedObject.uid === theirs.metadata?.uid);
  });
  assert.equal(event.reason, 'NameTaken');
  assert.deepEqual(await policy(), theirs);
  await kube.delete(FUNCTIONS, { namespace, name: 'guest' }, { signal });
  await eventually('guest is gone', () => stage.isGone('guest'));
  assert.deepEqual(await policy(), theirs);
});

test('in a namespace that is being deleted nothing is made again, and nothing is tried again and again', async () => {
  const leaving = 'leaving';
  const named = (name: string) => ({ namespace: leaving, name });
  await kube.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: leaving } }, { signal });
  const object = { apiVersion: API_VERSION, kind: KIND, metadata: named('last'), spec: inline };
  await kube.apply(FUNCTIONS, object as unknown as FunctionObject, { fieldManager: 'user', signal });
  const revision = await eventually('it is made', async () => {
    const { status } = (await kube.get(FUNCTIONS, named('last'), { signal })) as FunctionObject;
    return (await kube.get(NETWORK_POLICIES, named('catnap-functions'), { signal })) && status?.revision;
  });
  // Its children go before the Function: so it may be on a real cluster, here everything goes at once.
  const terminating = { type: 'merge', body: { status: { phase: 'Terminating' } } } as const;
  await kube.patch(NAMESPACES, { name: leaving }, terminating, { subresource: 'status', signal });
  const before = await runs();
  await kube.delete(DEPLOYMENTS, named(revision), { signal });
  await kube.delete(SERVICES, named('last'), { signal });
  await kube.delete(NETWORK_POLICIES, named('catnap-functions'), { signal });
  await eventually('it was looked at', async () => {
    const now = await runs();
    return ['functions', 'network-policies'].every((queue) => (now.get(queue) ?? 0) > (before.get(queue) ?? 0));
  });
  const retries = await stage.registry.getSingleMetric('catnap_work_queue_retries_total')?.get();
  assert.deepEqual(retries?.values, []);
});

/** How often each queue has worked, by its name. */
async function runs(): Promise<Map<string, number>> {
  const { values = [] } = (await stage.registry.getSingleMetric('catnap_work_queue_run_seconds')?.get()) ?? {};
  const counts = values.filter((value) => (value as { metricName?: string }).metricName?.endsWith('_count'));
  return counts.reduce((sums, { labels, value }) => {
    const queue = String(labels.queue);
    return sums.set(queue, (sums.get(queue) ?? 0) + value);
  }, new Map<string, number>());
}
