import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#platform/kube/resources.ts';
import { aFunction } from '../testing/builders.ts';
import { revisionDeployment } from './children.ts';
import { desiredDigest, ownedDigest } from './owned-fields.ts';

const env = [{ name: 'GREETING', value: 'hi' }];
const resources = { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { memory: '1Gi' } };
const desired = revisionDeployment(
  aFunction({ image: 'an/image', env, resources }),
  'hello-1',
  {
    kind: 'image',
    image: 'an/image',
  },
  undefined,
);

/** fieldsV1 of an apply of `value`: lists whose items have a name are maps by it, all others atomic. */
function fieldsOf(value: unknown): object {
  if (Array.isArray(value)) {
    if (!value.every((item) => typeof item === 'object' && 'name' in item)) return {};
    return Object.fromEntries(
      value.map((item) => [`k:${JSON.stringify({ name: item.name })}`, { '.': {}, ...fieldsOf(item) }]),
    );
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [`f:${key}`, fieldsOf(inner)]));
}

/** As the API server stores it: in its own words, with defaults, and what `others` say. */
function stored(others: (spec: Record<string, never> & Live) => void = () => undefined): Deployment {
  const { metadata, spec } = structuredClone(desired);
  const entry = { manager: 'catnap-operator', operation: 'Apply', fieldsV1: fieldsOf({ metadata, spec }) };
  const live = spec as never as Live;
  const container = live.template.spec.containers[0] as Live['template']['spec']['containers'][number];
  container.resources = { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } };
  container.imagePullPolicy = 'Always';
  container.env.reverse();
  const written = { ...live, replicas: 3, progressDeadlineSeconds: 600 };
  others(written as never);
  return { ...desired, metadata: { ...metadata, managedFields: [entry] }, spec: written } as never;
}
interface Live {
  template: {
    spec: {
      containers: {
        image?: string;
        imagePullPolicy?: string;
        env: { name: string; value?: string }[];
        resources?: object;
      }[];
    };
  };
}
const container = (spec: Live) => spec.template.spec.containers[0] as Live['template']['spec']['containers'][number];

test('what is stored as asked for is the same, in whatever words, with defaults and replicas of others', () => {
  assert.equal(ownedDigest(stored()), desiredDigest(desired));
});

test('what others add is theirs', () => {
  const live = stored((spec) => {
    container(spec).env.push({ name: 'AGENT', value: '1' });
    spec.template.spec.containers.push({ image: 'a/sidecar', env: [] });
  });
  assert.equal(ownedDigest(live), desiredDigest(desired));
});

test('a changed or removed field differs, and so does one that another owns by now', () => {
  const edits: ((spec: Live) => void)[] = [
    (spec) => Object.assign(container(spec), { image: 'another' }),
    (spec) => Object.assign(container(spec).env[0] ?? {}, { value: 'changed' }),
    (spec) => container(spec).env.splice(0, 1),
    (spec) => Object.assign(container(spec), { resources: { limits: { memory: '2Gi' } } }),
    (spec) => spec.template.spec.containers.splice(0, 1),
  ];
  for (const edit of edits) assert.notEqual(ownedDigest(stored(edit)), desiredDigest(desired), String(edit));
  const live = stored();
  const [entry] = live.metadata?.managedFields ?? [];
  const taken = { ...entry, fieldsV1: { 'f:spec': {} } } as never;
  assert.notEqual(
    ownedDigest({ ...live, metadata: { ...live.metadata, managedFields: [taken] } }),
    desiredDigest(desired),
  );
  assert.notEqual(ownedDigest({ ...live, metadata: { ...live.metadata, managedFields: [] } }), desiredDigest(desired));
  assert.notEqual(ownedDigest({ ...live, metadata: { ...live.metadata, labels: {} } }), desiredDigest(desired));
});

test('a Deployment without anything has a digest too', () => {
  assert.match(ownedDigest({}), /^[0-9a-f]{16}$/);
});
