// Longer than 250 lines: one table of applies and who owns what after each.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KindSchema, KubeObject } from '../kind-schema.ts';
import type { RequestError } from '../request-error.ts';
import { loadBuiltinKinds } from '../schema/builtin-kinds.ts';
import { applyScale, scaleOf, updateScale } from './scale.ts';
import { applyConfiguration, sameButTimes, trackUpdate } from './server-side-apply.ts';

const kinds = await loadBuiltinKinds();
const DEPLOYMENT = kinds.get('apps', 'v1', 'Deployment') ?? assert.fail();
const NOW = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:01:00Z';

interface Spec {
  replicas?: number;
  image?: string;
  labels?: Record<string, string>;
}
function aDeployment({ replicas, image = 'a:1', labels }: Spec = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x', namespace: 'default', ...(labels && { labels }) },
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}
/** What a server's defaulting does for the fields at hand. */
function stored(object: KubeObject): KubeObject {
  const spec = object.spec as Record<string, unknown>;
  return { ...object, metadata: { ...object.metadata, uid: 'u' }, spec: { ...spec, replicas: spec.replicas ?? 1 } };
}
function apply(live: KubeObject | undefined, config: KubeObject, manager: string, force = false, now = NOW) {
  return stored(applyConfiguration(DEPLOYMENT, live, config, { manager, force, now, subresource: '' }));
}
function replicas(object: KubeObject): unknown {
  return (object.spec as { replicas?: unknown }).replicas;
}
function ownersOfReplicas(object: KubeObject): string[] {
  return (object.metadata.managedFields ?? [])
    .filter((entry) => 'f:replicas' in ((entry.fieldsV1?.['f:spec'] ?? {}) as object))
    .map(({ manager, operation, subresource }) => `${manager} ${operation}${subresource ? ` ${subresource}` : ''}`);
}
function aScale(count: number): KubeObject {
  return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: count } };
}

describe('the hand-over of replicas from one applier to another', () => {
  test('an apply without replicas gets the default', () => {
    assert.equal(replicas(apply(undefined, aDeployment(), 'operator')), 1);
  });

  test('an apply with 0 and a later one without falls back to the default', () => {
    const idle = apply(undefined, aDeployment({ replicas: 0 }), 'operator');
    assert.equal(replicas(idle), 0);
    assert.equal(replicas(apply(idle, aDeployment(), 'operator')), 1);
  });

  test('a merge patch of scale to the same value takes no ownership', () => {
    const idle = apply(undefined, aDeployment({ replicas: 0 }), 'operator');
    const patched = updateScale(
      DEPLOYMENT,
      idle,
      { ...scaleOf(DEPLOYMENT, idle), spec: { replicas: 0 } },
      { manager: 'scaler', now: LATER },
    );
    assert.deepEqual(ownersOfReplicas(patched), ['operator Apply']);
    assert.equal(replicas(apply(patched, aDeployment(), 'operator')), 1);
  });

  test('after a forced apply of scale, applies without replicas leave them alone', () => {
    const idle = apply(undefined, aDeployment({ replicas: 0 }), 'operator');
    const handedOver = applyScale(DEPLOYMENT, idle, aScale(0), { manager: 'scaler', force: true, now: LATER });
    assert.deepEqual(ownersOfReplicas(handedOver), ['scaler Apply scale']);
    const again = apply(handedOver, aDeployment(), 'operator');
    assert.equal(replicas(again), 0);
    assert.deepEqual(ownersOfReplicas(again), ['scaler Apply scale']);
    const raised = applyScale(DEPLOYMENT, again, aScale(3), { manager: 'scaler', force: true, now: LATER });
    const last = apply(raised, aDeployment({ image: 'a:2' }), 'operator');
    assert.equal(replicas(last), 3);
    assert.deepEqual(ownersOfReplicas(last), ['scaler Apply scale']);
  });

  test('the Scale shows its owners under its own version', () => {
    const idle = apply(undefined, aDeployment({ replicas: 2 }), 'operator');
    const scale = scaleOf(DEPLOYMENT, idle);
    assert.deepEqual(scale.spec, { replicas: 2 });
    assert.deepEqual(scale.status, { replicas: 0, selector: 'app=x' });
    assert.deepEqual(scale.metadata.managedFields, [
      {
        manager: 'operator',
        operation: 'Apply',
        apiVersion: 'autoscaling/v1',
        time: NOW,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      },
    ]);
  });

  test('a plain write of scale takes the field from its applier, who then conflicts', () => {
    const live = apply(undefined, aDeployment({ replicas: 2 }), 'operator');
    const scaled = updateScale(
      DEPLOYMENT,
      live,
      { ...scaleOf(DEPLOYMENT, live), spec: { replicas: 5 } },
      { manager: 'kubectl', now: LATER },
    );
    assert.equal(replicas(scaled), 5);
    assert.deepEqual(ownersOfReplicas(scaled), ['kubectl Update scale']);
    assert.throws(() => apply(scaled, aDeployment({ replicas: 2 }), 'operator'), {
      message:
        'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    });
  });
});

describe('conflicts', () => {
  test('another value of a field that someone else applied is refused with its cause', () => {
    const live = apply(undefined, aDeployment({ replicas: 1 }), 'a');
    assert.throws(
      () => apply(live, aDeployment({ replicas: 2 }), 'b'),
      (error: RequestError) => {
        assert.equal(error.code, 409);
        assert.equal(error.reason, 'Conflict');
        assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "a": .spec.replicas');
        assert.deepEqual(error.causes, [
          { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.spec.replicas' },
        ]);
        return true;
      },
    );
  });

  test('several conflicts are listed by manager', () => {
    const live = apply(undefined, aDeployment({ replicas: 1 }), 'a');
    assert.throws(() => apply(live, aDeployment({ replicas: 2, image: 'b:1' }), 'b'), {
      message:
        'Apply failed with 2 conflicts: conflicts with "a":\n- .spec.replicas\n' +
        '- .spec.template.spec.containers[name="c"].image',
    });
  });

  test('force takes the field; the same value is owned together', () => {
    const live = apply(undefined, aDeployment({ replicas: 1 }), 'a');
    assert.deepEqual(ownersOfReplicas(apply(live, aDeployment({ replicas: 2 }), 'b', true)), ['b Apply']);
    assert.deepEqual(ownersOfReplicas(apply(live, aDeployment({ replicas: 1 }), 'b')), ['b Apply', 'a Apply']);
  });

  test('what an update changed conflicts under its version', () => {
    const live = trackUpdate(DEPLOYMENT, undefined, stored(aDeployment({ replicas: 1 })), {
      manager: 'kubectl-client-side-apply',
      now: NOW,
      subresource: '',
    });
    assert.throws(() => apply(live, aDeployment({ replicas: 2 }), 'b'), {
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    });
  });
});

describe('what is no longer applied', () => {
  test('goes when nobody else owns it', () => {
    const live = apply(undefined, aDeployment({ labels: { a: '1', b: '2' } }), 'a');
    assert.deepEqual(apply(live, aDeployment({ labels: { b: '2' } }), 'a').metadata.labels, { b: '2' });
  });

  test('stays when another manager owns it', () => {
    const live = apply(undefined, aDeployment({ labels: { a: '1', b: '2' } }), 'a');
    const shared = apply(live, aDeployment({ labels: { a: '1' } }), 'b');
    assert.deepEqual(apply(shared, aDeployment(), 'a').metadata.labels, { a: '1' });
  });

  test('an item of a keyed list goes with its fields, those of others stay', () => {
    const two = aDeployment();
    const pod = (two.spec as { template: { spec: { containers: unknown[] } } }).template.spec;
    pod.containers.push({ name: 'side', image: 's:1' });
    const live = apply(undefined, two, 'a');
    const after = apply(live, aDeployment(), 'a');
    const containers = (after.spec as { template: { spec: { containers: { name: string }[] } } }).template.spec
      .containers;
    assert.deepEqual(
      containers.map(({ name }) => name),
      ['c'],
    );
  });
});

describe('values that change their form', () => {
  const KIND: KindSchema = {
    ...{ group: 'x.dev', version: 'v1', kind: 'Thing', builtin: false, namespaced: true, hasStatus: false },
    root: {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object' },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        sub: { type: 'object', properties: { x: { type: 'string' } } },
      },
    },
  };
  const aThing = (fields: object): KubeObject => ({
    apiVersion: 'x.dev/v1',
    kind: 'Thing',
    metadata: { name: 'x' },
    ...fields,
  });
  const by = { manager: 'a', force: false, now: NOW, subresource: '' };

  test('from a map to a scalar leave the fields of the map', () => {
    const live = applyConfiguration(KIND, undefined, aThing({ any: { p: { r: 1 } } }), by);
    const after = trackUpdate(KIND, live, { ...live, any: { p: 1 } }, { ...by, manager: 'b' });
    assert.deepEqual(
      after.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
      [['b', { 'f:any': { 'f:p': {} } }]],
    );
  });

  test('to an empty map stay as one', () => {
    const live = applyConfiguration(KIND, undefined, aThing({ sub: { x: '1' } }), by);
    assert.deepEqual(applyConfiguration(KIND, live, aThing({ sub: {} }), by).sub, {});
  });
});

describe('managedFields', () => {
  test('of a first apply lists what was named, ports under their protocol', () => {
    const live = apply(undefined, aDeployment({ replicas: 1, labels: { a: '1' } }), 'a');
    assert.deepEqual(live.metadata.managedFields, [
      {
        manager: 'a',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: NOW,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:a': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"c"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });

  test('of a create lists what the object has beyond an empty one', () => {
    const live = trackUpdate(
      DEPLOYMENT,
      undefined,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x', labels: { a: '1' } },
        spec: {
          selector: { matchLabels: { a: '1' } },
          strategy: { type: 'Recreate' },
          template: { metadata: {}, spec: { containers: [{ name: 'c', resources: {} }] } },
        },
        status: {},
      },
      { manager: 'kubectl-create', now: NOW, subresource: '' },
    );
    assert.deepEqual(live.metadata.managedFields?.[0]?.fieldsV1, {
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': {
        'f:selector': {},
        'f:strategy': { 'f:type': {} },
        'f:template': {
          'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:resources': {} } } },
        },
      },
    });
  });

  test('an apply that changes nothing leaves the object as it is', () => {
    const live = apply(undefined, aDeployment(), 'a');
    assert.deepEqual(apply(live, aDeployment(), 'a', false, LATER), live);
  });

  test('an unchanged object with new times counts as the same', () => {
    const live = apply(undefined, aDeployment(), 'a');
    const later = structuredClone(live);
    (later.metadata.managedFields ?? assert.fail())[0] = { ...live.metadata.managedFields?.[0], time: LATER };
    assert.equal(sameButTimes(live, later), true);
    assert.equal(sameButTimes(live, apply(live, aDeployment({ image: 'b' }), 'a')), false);
  });

  test('of a status write have the subresource and leave the spec to its owner', () => {
    const live = apply(undefined, aDeployment(), 'a');
    const next = { ...live, status: { replicas: 1 } };
    const after = trackUpdate(DEPLOYMENT, live, next, { manager: 'm', now: LATER, subresource: 'status' });
    assert.deepEqual(
      after.metadata.managedFields?.map(({ manager, subresource, fieldsV1 }) => [
        manager,
        subresource,
        Object.keys(fieldsV1 ?? {}),
      ]),
      [
        ['a', undefined, ['f:spec']],
        ['m', 'status', ['f:status']],
      ],
    );
  });

  test('are dropped by [{}] and kept when the client sends none', () => {
    const live = apply(undefined, aDeployment(), 'a');
    const by = { manager: 'm', now: LATER, subresource: '' };
    const reset = trackUpdate(DEPLOYMENT, live, { ...live, metadata: { ...live.metadata, managedFields: [{}] } }, by);
    assert.equal('managedFields' in reset.metadata, false);
    const { managedFields, ...metadata } = live.metadata;
    assert.deepEqual(trackUpdate(DEPLOYMENT, live, { ...live, metadata }, by).metadata.managedFields, managedFields);
  });

  test('an object without them is taken to have one owner before its first apply', () => {
    const after = apply(stored(aDeployment()), aDeployment({ labels: { a: '1' } }), 'a');
    assert.deepEqual(
      after.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
      [
        ['a', 'Apply'],
        ['before-first-apply', 'Update'],
      ],
    );
  });

  test('at most ten updaters are told apart', () => {
    let live = trackUpdate(DEPLOYMENT, undefined, aDeployment(), { manager: 'first', now: NOW, subresource: '' });
    for (let i = 0; i < 12; i++) {
      const labels = { ...(live.metadata.labels as object), [`l${i}`]: 'x' };
      const next = { ...live, metadata: { ...live.metadata, labels } };
      live = trackUpdate(DEPLOYMENT, live, next, {
        manager: `m${i}`,
        now: `2026-01-01T00:00:${10 + i}Z`,
        subresource: '',
      });
    }
    assert.equal(live.metadata.managedFields?.length, 10);
    assert.equal(live.metadata.managedFields?.[0]?.manager, 'ancient-changes');
  });
});

describe('configurations that are refused', () => {
  test('an unknown field', () => {
    const config = { ...aDeployment(), spec: { ...(aDeployment().spec as object), foo: 1 } };
    assert.throws(() => apply(undefined, config, 'a'), {
      code: 500,
      message:
        'failed to create typed patch object (default/x; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema',
    });
  });

  test('managedFields', () => {
    const config = { ...aDeployment(), metadata: { name: 'x', managedFields: [] } };
    assert.throws(() => apply(undefined, config, 'a'), { code: 400, message: 'metadata.managedFields must be nil' });
  });
});

describe('kubectl moving from client-side to server-side apply', () => {
  test('does not conflict with what client-side apply set', () => {
    const config = aDeployment({ replicas: 1 });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(config)}\n` };
    const created = { ...stored(config), metadata: { ...config.metadata, uid: 'u', annotations } };
    const live = trackUpdate(DEPLOYMENT, undefined, created, {
      manager: 'kubectl-client-side-apply',
      now: NOW,
      subresource: '',
    });
    const after = apply(live, aDeployment({ replicas: 2 }), 'kubectl');
    assert.equal(replicas(after), 2);
    const annotation = (after.metadata.annotations as Record<string, string>)[
      'kubectl.kubernetes.io/last-applied-configuration'
    ];
    assert.deepEqual(JSON.parse(annotation ?? ''), aDeployment({ replicas: 2 }));
  });
});
