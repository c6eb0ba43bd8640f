/** What the chart's admission policy lets an activator do with the scale of Deployments. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { deployment, TestServer } from '../../local/cluster/api-server/test-server.ts';
import { type Loose, objectsOf } from './rendered.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const POLICIES = '/apis/admissionregistration.k8s.io/v1';
const PLURALS: Record<string, string> = {
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
};
const SCALING = [{ apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch', 'update'] }];

suite('an activator that was taken over', () => {
  let server: TestServer;
  let token: string;
  before(async () => {
    server = await TestServer.start();
    token = await server.account('gate-activator', SCALING);
    const values = { fullnameOverride: 'gate', admissionPolicy: { maxReplicas: 20 } };
    for (const object of objectsOf({ release: 'catnap', namespace: 'default', values })) {
      const plural = PLURALS[object.kind];
      if (plural === undefined) continue;
      const { code, body } = await server.call('POST', `${POLICIES}/${plural}`, object);
      assert.equal(code, 201, body.message);
    }
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => server.call('DELETE', DEPLOYMENTS));

  async function given(replicas: number, labels: Record<string, string> = { 'catnap.dev/function': 'f' }) {
    const { metadata, spec } = deployment('f', replicas) as Loose;
    const template = { ...spec.template, metadata: { labels } };
    const object = { metadata, spec: { ...spec, selector: { matchLabels: labels }, template } };
    assert.equal((await server.call('POST', DEPLOYMENTS, object)).code, 201);
  }

  const asks = (replicas: number | null) =>
    server.patch(`${DEPLOYMENTS}/f/scale`, 'merge', { spec: { replicas } }, token);

  test('may wake a function from zero, and raise what runs', async () => {
    await given(0);
    assert.equal((await asks(1)).code, 200);
    assert.equal((await asks(20)).code, 200);
  });

  test('may write what is there already', async () => {
    await given(0);
    assert.equal((await asks(0)).code, 200);
    await asks(3);
    assert.equal((await asks(3)).code, 200);
  });

  test('may not lower it, to zero either, nor by leaving the number out', async () => {
    await given(3);
    for (const replicas of [2, 0, null]) {
      const { code, body } = await asks(replicas);
      assert.equal(code, 403);
      assert.match(body.message, /the activator raises the scale of functions alone, and this would lower it/);
    }
  });

  test('may not go above what the chart allows', async () => {
    await given(0);
    const { code, body } = await asks(21);
    assert.equal(code, 403);
    assert.match(body.message, /at most 20 replicas \(admissionPolicy\.maxReplicas\)/);
  });

  test('may leave a function where somebody else scaled it above that', async () => {
    await given(30);
    assert.equal((await asks(30)).code, 200);
    assert.equal((await asks(31)).code, 403);
  });

  test('may not scale what is no function', async () => {
    await given(0, { app: 'strangers' });
    const { code, body } = await asks(1);
    assert.equal(code, 403);
    assert.match(body.message, /this one's selector has no catnap\.dev\/function/);
  });

  test('others are not held by it', async () => {
    await given(3);
    assert.equal((await server.patch(`${DEPLOYMENTS}/f/scale`, 'merge', { spec: { replicas: 0 } })).code, 200);
  });
});
