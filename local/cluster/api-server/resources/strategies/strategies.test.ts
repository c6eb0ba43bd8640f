import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fieldErrorText } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { fieldsOf, listOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import { endpointSliceStrategy, networkPolicyStrategy } from './cluster.ts';
import { configMapStrategy, secretStrategy } from './config-data.ts';
import { podEndsAtOnce, podStrategy } from './pod.ts';
import { serviceStrategy } from './service.ts';
import { deploymentStrategy } from './workloads.ts';

function object(kind: string, rest: object): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'it' }, ...rest };
}

/** What is wrong with `next`, once its defaults are set. */
function problems(strategy: Strategy, next: KubeObject): string[] {
  strategy.setDefaults?.(next);
  return (strategy.validate?.(next) ?? []).map(fieldErrorText);
}

function complete(strategy: Strategy, next: KubeObject): KubeObject {
  strategy.setDefaults?.(next);
  return next;
}

const container = { name: 'main', image: 'example/web' };
const podWith = (spec: object) => object('Pod', { spec: { containers: [container], ...spec } });

suite('pods', () => {
  test('take their image anew when its tag may have moved', () => {
    const containers = ['a', 'b:latest', 'c:1', 'registry:5000/d', 'e@sha256:0'].map((image, n) => ({
      name: `c${n}`,
      image,
    }));
    const { spec } = complete(podStrategy, podWith({ containers }));
    assert.deepEqual(
      listOf(spec as object as never, 'containers').map((each) => each.imagePullPolicy),
      ['Always', 'Always', 'IfNotPresent', 'Always', 'IfNotPresent'],
    );
  });

  test('ask for as much as they may have, when they do not say', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } };
    const pod = complete(podStrategy, podWith({ containers: [{ ...container, resources }] }));
    const [first] = listOf(fieldsOf(pod, 'spec'), 'containers');
    assert.deepEqual(fieldsOf(fieldsOf(first, 'resources'), 'requests'), { cpu: '100m', memory: '1Gi' });
  });

  test('are given defaults once: a second time changes nothing', () => {
    const probe = { httpGet: { port: 80 } };
    const volumes = [{ name: 'v', secret: { secretName: 's' } }];
    const pod = complete(podStrategy, podWith({ containers: [{ ...container, readinessProbe: probe }], volumes }));
    assert.deepEqual(complete(podStrategy, structuredClone(pod)), pod);
  });

  test('are refused with the place of what is wrong', () => {
    const bad = podWith({
      containers: [
        { name: 'Main', image: '' },
        { ...container, volumeMounts: [{ name: 'none', mountPath: '/m' }] },
      ],
      restartPolicy: 'Sometimes',
    });
    const found = problems(podStrategy, bad).join('\n');
    assert.match(found, /spec\.containers\[0\]\.name: Invalid value: "Main": a lowercase RFC 1123 label/);
    assert.match(found, /spec\.containers\[0\]\.image: Required value/);
    assert.match(found, /spec\.containers\[1\]\.volumeMounts\[0\]\.name: Not found: "none"/);
    assert.match(found, /spec\.restartPolicy: Unsupported value: "Sometimes": supported values: /);
  });

  test('may not ask for more than they may have', () => {
    const resources = { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } };
    const [found] = problems(podStrategy, podWith({ containers: [{ ...container, resources }] }));
    assert.match(String(found), /requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi$/);
  });

  test('keep what they run, but for the image', () => {
    const old = complete(podStrategy, podWith({}));
    const image = complete(
      podStrategy,
      podWith({ containers: [{ ...container, image: 'example/web:2', imagePullPolicy: 'Always' }] }),
    );
    const command = complete(podStrategy, podWith({ containers: [{ ...container, command: ['other'] }] }));
    assert.equal(podStrategy.validateUpdate?.(image, old).length, 0);
    assert.equal(podStrategy.validateUpdate?.(command, old).length, 1);
  });

  test('warn of a variable that hides another', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '$(A)2' },
      { name: 'A', value: '3' },
    ];
    const warned = podStrategy.warnings?.(podWith({ containers: [{ ...container, env }] }));
    assert.deepEqual(warned, [
      'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
    ]);
  });

  test('end at once where nobody runs them', () => {
    assert.equal(podEndsAtOnce(podWith({})), true);
    assert.equal(podEndsAtOnce(podWith({ nodeName: 'n' })), false);
    assert.equal(podEndsAtOnce({ ...podWith({ nodeName: 'n' }), status: { phase: 'Succeeded' } }), true);
  });
});

suite('deployments', () => {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [container] } };
  const deployment = (spec: object) =>
    object('Deployment', { spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec } });

  test('are fine with a selector and a template that fits', () => {
    assert.deepEqual(problems(deploymentStrategy, deployment({})), []);
  });

  test('select their own pods', () => {
    const [found] = problems(deploymentStrategy, deployment({ selector: { matchLabels: { app: 'b' } } }));
    assert.match(
      String(found),
      /spec.template.metadata.labels: Invalid value: .*: `selector` does not match template `labels`/,
    );
    assert.match(
      problems(deploymentStrategy, deployment({ selector: {} })).join(),
      /empty selector is invalid for deployment/,
    );
  });

  test('can make progress when they roll', () => {
    const strategy = { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } };
    assert.match(problems(deploymentStrategy, deployment({ strategy })).join(), /may not be 0 when `maxSurge` is 0/);
  });

  test('have no rolling update beside another strategy', () => {
    const strategy = { type: 'Recreate', rollingUpdate: {} };
    assert.match(
      problems(deploymentStrategy, deployment({ strategy })).join(),
      /Forbidden: may not be specified when strategy `type` is 'Recreate'/,
    );
  });
});

suite('services', () => {
  const service = (spec: object) => object('Service', { spec });

  test('lead to the port they have, when they do not say', () => {
    const { spec } = complete(serviceStrategy, service({ ports: [{ port: 80 }] }));
    assert.deepEqual(fieldsOf({ spec }, 'spec').ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
  });

  test('of a name elsewhere need that name, and no ports', () => {
    assert.deepEqual(problems(serviceStrategy, service({ type: 'ExternalName', externalName: 'a.b' })), []);
    assert.match(
      problems(serviceStrategy, service({ type: 'ExternalName' })).join(),
      /spec.externalName: Required value/,
    );
  });

  test('name their ports when there are several', () => {
    const found = problems(serviceStrategy, service({ ports: [{ port: 80, name: 'a' }, { port: 80 }] })).join('\n');
    assert.match(found, /spec\.ports\[1\]\.name: Required value/);
    assert.match(found, /spec\.ports\[1\]: Duplicate value/);
  });
});

suite('other kinds', () => {
  test('a Secret’s text ends among its data', () => {
    const secret = complete(secretStrategy, object('Secret', { stringData: { a: 'b' } }));
    assert.deepEqual([secret.data, secret.stringData, secret.type], [{ a: 'Yg==' }, undefined, 'Opaque']);
  });

  test('keys of data are file names', () => {
    assert.match(
      problems(configMapStrategy, object('ConfigMap', { data: { 'a/b': '' } })).join(),
      /data\[a\/b\]: Invalid value/,
    );
  });

  test('a ConfigMap has its size', () => {
    const data = { a: 'x'.repeat(1024 * 1024 + 1) };
    assert.match(
      problems(configMapStrategy, object('ConfigMap', { data })).join(),
      /Too long: may not be more than 1048576 bytes/,
    );
  });

  test('addresses of this machine are taken', () => {
    const slice = object('EndpointSlice', { addressType: 'IPv4', endpoints: [{ addresses: ['127.0.3.7'] }] });
    assert.deepEqual(problems(endpointSliceStrategy, slice), []);
  });

  test('a network policy is about what it has rules for', () => {
    const { spec } = complete(
      networkPolicyStrategy,
      object('NetworkPolicy', { spec: { podSelector: {}, egress: [{}] } }),
    );
    assert.deepEqual(fieldsOf({ spec }, 'spec').policyTypes, ['Ingress', 'Egress']);
  });
});
