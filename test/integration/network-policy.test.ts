/** The NetworkPolicy that the operator keeps where there are Functions. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FUNCTIONS } from '#api/function.ts';
import { isNotFound } from '#platform/kube-error.ts';
import { EVENTS, NETWORK_POLICIES, type NetworkPolicy } from '#platform/resources.ts';
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
