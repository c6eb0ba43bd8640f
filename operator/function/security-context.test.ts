import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerSecurity, securityAdvice } from './security-context.ts';

test('code from source has no rights at all', () => {
  assert.deepEqual(containerSecurity('source'), { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
});

test('an image may start as root and step down, but gains no rights', () => {
  assert.deepEqual(containerSecurity('image'), {
    allowPrivilegeEscalation: false,
    seccompProfile: { type: 'RuntimeDefault' },
  });
});

test('an image that is said not to run as root fits the restricted profile', () => {
  assert.deepEqual(containerSecurity('image', { runAsNonRoot: true, runAsUser: 1000 }), {
    allowPrivilegeEscalation: false,
    seccompProfile: { type: 'RuntimeDefault' },
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    runAsUser: 1000,
  });
});

test('capabilities that are added leave the others dropped, those that are dropped go instead', () => {
  const added = containerSecurity('image', { runAsNonRoot: true, capabilities: { add: ['NET_BIND_SERVICE'] } });
  assert.deepEqual(added.capabilities, { drop: ['ALL'], add: ['NET_BIND_SERVICE'] });
  const dropped = containerSecurity('image', { capabilities: { drop: ['NET_RAW'] } });
  assert.deepEqual(dropped.capabilities, { drop: ['NET_RAW'] });
});

test('who is refused for the rights of a pod is told the field', () => {
  const refused =
    'pods "a-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "function" must set securityContext.runAsNonRoot=true)';
  assert.match(securityAdvice(refused), /spec\.securityContext\.runAsNonRoot to true/);
  const root = 'container has runAsNonRoot and image will run as root (pod: "a", container: function)';
  assert.match(securityAdvice(root), /spec\.securityContext\.runAsUser/);
  assert.match(
    securityAdvice('container has runAsNonRoot and image has non-numeric user (node), cannot verify user is non-root'),
    /runAsUser/,
  );
  assert.equal(securityAdvice('exceeded quota'), '');
});
