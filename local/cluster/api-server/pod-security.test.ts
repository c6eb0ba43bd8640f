import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pod, TestServer } from './test-server.ts';

let server: TestServer;
before(async () => {
  server = await TestServer.start();
  for (const [mode, level] of [
    ['enforce', 'restricted'],
    ['enforce', 'baseline'],
    ['warn', 'restricted'],
  ]) {
    const labels = { [`pod-security.kubernetes.io/${mode}`]: level };
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: `${mode}-${level}`, labels } });
  }
});
after(() => server[Symbol.asyncDispose]());

const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const modest = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [{ name: 'main', image: 'example/web:1', securityContext }],
};

function make(namespace: string, name: string, spec: object) {
  return server.call('POST', `/api/v1/namespaces/${namespace}/pods`, pod(name, spec));
}

test('a restricted namespace takes pods that give up their rights, and no others', async () => {
  assert.equal((await make('enforce-restricted', 'modest', modest)).code, 201);
  const root = { ...modest, securityContext: { ...modest.securityContext, runAsUser: 0 } };
  const { code, body } = await make('enforce-restricted', 'root', root);
  assert.equal(code, 403);
  assert.match(body.message, /violates PodSecurity "restricted:latest": runAsUser=0 \(pod must not set runAsUser=0\)$/);
});

test('a baseline namespace refuses the host, and takes plain pods', async () => {
  assert.equal((await make('enforce-baseline', 'plain', {})).code, 201);
  const { code, body } = await make('enforce-baseline', 'host', { hostNetwork: true });
  assert.equal(code, 403);
  assert.match(body.message, /violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)/);
});

test('a namespace that only warns takes the pod', async () => {
  const { code, warnings } = await make('warn-restricted', 'plain', {});
  assert.equal(code, 201);
  assert.match(String(warnings), /would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/);
});

test('a pod may have the priority that the cluster keeps for what it cannot be without', async () => {
  const { code, body } = await make('default', 'vital', { priorityClassName: 'system-cluster-critical' });
  assert.equal(code, 201);
  assert.equal(body.spec.priority, 2_000_000_000);
});
