/** What a claim gets of StorageClasses: the default one, and whether it may grow. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { ensureFields, fieldsOf, textOf } from '../resources/fields.ts';
import { parseQuantity } from '../resources/quantity.ts';
import { forbidden } from '../status.ts';

const BUCKET = 'storageclasses.storage.k8s.io';
const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** Fills in the default class where the claim names none; an empty name is a wish for none. */
export function setDefaultClass({ cluster }: Pick<Call, 'cluster'>, claim: KubeObject): void {
  const spec = ensureFields(claim, 'spec');
  if (typeof spec.storageClassName === 'string') return;
  const classes = cluster.store.list(BUCKET, '').map(({ object }) => object);
  const name = defaultClass(classes)?.metadata.name;
  if (name !== undefined) spec.storageClassName = name;
}

/** Of several the youngest, then the first by name. */
function defaultClass(classes: readonly KubeObject[]): KubeObject | undefined {
  const age = (object: KubeObject) => Date.parse(textOf(object.metadata, 'creationTimestamp'));
  const [first] = classes.filter(isDefaultClass).sort((a, b) => {
    const younger = age(b) - age(a);
    return younger !== 0 ? younger : (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  });
  return first;
}

export function isDefaultClass({ metadata }: KubeObject): boolean {
  const annotations = fieldsOf(metadata, 'annotations');
  return IS_DEFAULT.some((name) => annotations[name] === 'true');
}

/** Throws a 403 when the claim asks for more than it did, and its class makes no volume larger. */
export function checkGrowth(call: Call, next: KubeObject, old: KubeObject): void {
  if (storageOf(next) <= storageOf(old)) return;
  const target = { ...targetOf(call), name: next.metadata.name ?? '' };
  if (textOf(fieldsOf(old, 'status'), 'phase') !== 'Bound') {
    throw forbidden(target, 'Only bound persistent volume claims can be expanded');
  }
  const name = textOf(fieldsOf(next, 'spec'), 'storageClassName');
  const found = call.cluster.store.get({ bucket: BUCKET, namespace: '', name })?.object;
  if (found?.allowVolumeExpansion === true) return;
  throw forbidden(
    target,
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
}

function storageOf(claim: KubeObject): number {
  return parseQuantity(fieldsOf(fieldsOf(fieldsOf(claim, 'spec'), 'resources'), 'requests').storage) ?? 0;
}
