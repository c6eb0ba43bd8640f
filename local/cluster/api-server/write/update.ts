/** A change of an object that is there, by whatever means. */
import { scaleOf } from '../../objects/apply/scale.ts';
import { sameButTimes } from '../../objects/apply/server-side-apply.ts';
import { validateCustomObject, validateCustomStatus } from '../../objects/crd/custom-object.ts';
import type { FieldError } from '../../objects/field-error.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { admitUpdate } from '../admission/admission.ts';
import { enforcePolicies } from '../admission/policies/enforce.ts';
import type { Call } from '../cluster.ts';
import { keyOf, targetOf } from '../cluster.ts';
import { semanticallyEqual } from '../resources/fields.ts';
import { servedForm } from '../resources/resource.ts';
import {
  finalizersOf,
  invalidField,
  pathSegmentProblems,
  validateMeta,
  validateMetaUpdate,
} from '../resources/validation.ts';
import { badRequest, conflict, invalid, OPTIMISTIC_LOCK } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { entryOf } from '../store/entry.ts';
import { trackedObject, withDefaults } from './create.ts';
import { carryOver, setNamespace, timeOf } from './metadata.ts';
import type { WriteOptions } from './write-options.ts';

interface Update {
  /** The object before. */
  live: Entry;
  /** What it shall be, in the form that is served. */
  next: KubeObject;
  /** `status`, or empty for the object itself. */
  subresource: '' | 'status';
  /** True when `next` has its managedFields already, by server-side apply. */
  owned?: boolean;
}

/** Stores what is left of the wish after all rules. What changes nothing is not written and keeps its revision. */
export function updateObject(call: Call, update: Update, options: WriteOptions): Entry {
  const { live, subresource } = update;
  const old = live.object;
  checkIdentity(call, update.next, old);
  const next = withDefaults(call, update.next);
  setNamespace(next.metadata, old.metadata.namespace ?? '');
  carryOver(next, old);
  restoreOtherPart(call, next, old, subresource);
  const by = { manager: options.manager, now: timeOf(call.cluster.now()), subresource };
  const tracked = update.owned === true ? next : trackedObject(call, old, next, by);
  const admitted = subresource === '' ? admitUpdate(call, tracked, old) : tracked;
  prepare(call, admitted, old, subresource);
  validate(call, admitted, old, subresource);
  enforcePolicies(call, { operation: 'UPDATE', ...judged(call, admitted, old), dryRun: options.dryRun });
  if (admitted.metadata.generation !== old.metadata.generation) {
    call.warnings.push(...(call.resource.strategy.warnings?.(admitted) ?? []));
  }
  return store(call, admitted, live, options);
}

/** What admission policies see of an update: of the scale subresource, the two Scales. */
function judged({ resource, request }: Call, next: KubeObject, old: KubeObject) {
  if (request.subresource !== 'scale') return { object: next, oldObject: old };
  const scale = (parent: KubeObject) => withoutManagers(scaleOf(resource.schema, parent));
  return { object: scale(next), oldObject: scale(old) };
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _none, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The object must be the one of the path, and the one the client has seen when it says which. */
function checkIdentity(call: Call, next: KubeObject, old: KubeObject): void {
  const target = targetOf(call);
  const { name, resourceVersion, uid } = next.metadata as { name?: string; resourceVersion?: string; uid?: string };
  if (name !== old.metadata.name) {
    throw badRequest(
      `the name of the object (${name ?? ''}) does not match the name on the URL (${old.metadata.name})`,
    );
  }
  if (call.method === 'PUT' && uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(target, why);
  }
  const given = resourceVersion === undefined || resourceVersion === '' ? undefined : resourceVersion;
  if (given === undefined && call.resource.strategy.unconditionalUpdate === false && call.method === 'PUT') {
    const error = invalidField('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalid({ ...target, kind: target.resource }, [error]);
  }
  if (given !== undefined && given !== old.metadata.resourceVersion) throw conflict(target, OPTIMISTIC_LOCK);
}

/** A write of the object leaves status alone; a write of status leaves all else alone. */
function restoreOtherPart({ resource }: Call, next: KubeObject, old: KubeObject, subresource: string): void {
  if (subresource === '') {
    if (resource.subresources.includes('status')) restore(next, old, 'status');
    return;
  }
  const names = new Set([...Object.keys(next), ...Object.keys(old)]);
  for (const name of names) {
    if (!['kind', 'apiVersion', 'metadata', 'status'].includes(name)) restore(next, old, name);
  }
  if (resource.schema.builtin) return;
  // Of a custom object nothing but status goes through, not even labels.
  const { managedFields } = next.metadata;
  next.metadata = { ...old.metadata };
  if (managedFields === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = managedFields;
}

function restore(next: KubeObject, old: KubeObject, name: string): void {
  if (old[name] === undefined) delete next[name];
  else next[name] = old[name];
}

function prepare({ resource: { strategy } }: Call, next: KubeObject, old: KubeObject, subresource: string): void {
  if (subresource === 'status') {
    strategy.prepareForStatusUpdate?.(next, old);
    if (old.metadata.deletionTimestamp !== undefined) {
      next.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
    }
    return;
  }
  strategy.prepareForUpdate?.(next, old);
  if (strategy.counted !== true) return;
  const annotated = strategy.annotationsCount === true;
  const changed =
    !semanticallyEqual(askedFor(next), askedFor(old)) ||
    (annotated && !semanticallyEqual(next.metadata.annotations, old.metadata.annotations));
  if (changed) next.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
}

function askedFor({ metadata: _metadata, status: _status, ...rest }: KubeObject): object {
  return rest;
}

function validate(call: Call, next: KubeObject, old: KubeObject, subresource: string): void {
  const { strategy, schema } = call.resource;
  const errors: FieldError[] = [
    ...validateMeta(next.metadata, pathSegmentProblems, schema.builtin),
    ...validateMetaUpdate(next, old),
  ];
  if (subresource === '')
    errors.push(...(strategy.validate?.(next) ?? []), ...(strategy.validateUpdate?.(next, old) ?? []));
  if (!schema.builtin) {
    const check = subresource === '' ? validateCustomObject : validateCustomStatus;
    errors.push(...check(schema, servedForm(call.resource, next), servedForm(call.resource, old)));
  }
  if (errors.length > 0) throw invalid({ ...targetOf(call), name: old.metadata.name ?? '' }, errors);
}

function store(call: Call, next: KubeObject, live: Entry, { dryRun }: WriteOptions): Entry {
  const key = { ...keyOf(call, live.object.metadata.name), namespace: live.object.metadata.namespace ?? '' };
  if (isFinished(next, live.object)) {
    return dryRun ? entryOf(next, live.revision) : deleteAs(call, next, key);
  }
  if (sameButTimes(next, live.object)) return live;
  return dryRun ? entryOf(next, live.revision) : call.cluster.store.put(key, next);
}

/** The last finalizer left an object that was to be deleted: it goes, and the answer is what it would have been. */
function deleteAs(call: Call, next: KubeObject, key: Parameters<Call['cluster']['store']['delete']>[0]): Entry {
  const deleted = call.cluster.store.delete(key);
  return deleted === undefined ? entryOf(next, 0) : entryOf(next, deleted.revision);
}

function isFinished(next: KubeObject, old: KubeObject): boolean {
  const grace = old.metadata.deletionGracePeriodSeconds;
  const waiting = old.metadata.deletionTimestamp !== undefined && (grace === undefined || grace === 0);
  return waiting && finalizersOf(next).length === 0 && !isHeldNamespace(next);
}

/** A namespace goes when it is empty and finalized, not before. */
function isHeldNamespace(next: KubeObject): boolean {
  if (next.kind !== 'Namespace') return false;
  const { finalizers } = (next.spec ?? {}) as { finalizers?: string[] };
  return (finalizers ?? []).length > 0;
}
