/** The end of an object: at once, after its grace period, or when its finalizers are done. */
import { sameButTimes } from '../../objects/apply/server-side-apply.ts';
import type { KubeObject, ObjectMeta } from '../../objects/kind-schema.ts';
import type { Scope } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { CLEANUP_FINALIZER } from '../crd/strategy.ts';
import { podEndsAtOnce } from '../resources/strategies/pod.ts';
import { finalizersOf } from '../resources/validation.ts';
import { conflict } from '../status.ts';
import type { Entry, Key } from '../store/entry.ts';
import { entryOf } from '../store/entry.ts';
import type { DeleteOptions } from './delete-options.ts';
import { timeOf } from './metadata.ts';

interface Deletion {
  /** False: it is marked and waits. */
  gone: boolean;
  /** The object as it is now, or last was. */
  entry: Entry;
}

/** Deletes or marks `entry`, as `options` and the kind say. Throws a 409 when a precondition does not hold. */
export function deleteEntry(call: Scope, entry: Entry, options: DeleteOptions): Deletion {
  checkPreconditions(call, entry.object, options);
  const { store } = call.cluster;
  const key = keyOfEntry(call, entry);
  const { next, gone } = mark(call, entry.object, options);
  const same = next === entry.object || sameButTimes(next, entry.object);
  if (options.dryRun) return { gone, entry: same ? entry : entryOf(next, entry.revision) };
  // Watchers of a kind that knows grace see the mark even if there is no time left.
  const marked = same ? entry : store.put(key, next);
  return gone ? { gone, entry: store.delete(key) ?? marked } : { gone, entry: marked };
}

function keyOfEntry({ resource }: Scope, { object }: Entry): Key {
  return { bucket: resource.bucket, namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
}

function checkPreconditions(call: Scope, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const target = { ...targetOf(call), resource: call.resource.kind, name: metadata.name ?? '' };
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      target,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      target,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

interface Mark {
  /** The object with what marks it; the very same when it is marked already or there is no need to. */
  next: KubeObject;
  gone: boolean;
}

function mark(call: Scope, object: KubeObject, options: DeleteOptions): Mark {
  const grace = graceOf(call, object, options);
  if (grace === 'pending') return { next: object, gone: false };
  const finalizers = [...finalizersAfter(call, object, options), ...cleanupFinalizer(call, object)];
  const next = withFinalizers(object, finalizers);
  if (holdsNamespace(call, next)) return { next: markedNamespace(next, call.cluster.now()), gone: false };
  const held = finalizers.length > 0;
  if (grace === undefined && !held) return { next: object, gone: true };
  if (grace === undefined) markHeld(next, call.cluster.now());
  else markGraceful(next, grace, call.cluster.now());
  return { next, gone: !held && (grace ?? 0) === 0 };
}

function withFinalizers(object: KubeObject, finalizers: readonly string[]): KubeObject {
  const { finalizers: _before, ...metadata } = object.metadata;
  return { ...object, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers: [...finalizers] } };
}

/** Seconds it may still live; `undefined`: no grace is to be marked; `pending`: it is dying and not to die sooner. */
function graceOf(
  { resource: { strategy } }: Scope,
  object: KubeObject,
  options: DeleteOptions,
): number | 'pending' | undefined {
  if (strategy.gracePeriod === undefined) return undefined;
  const asked = options.gracePeriodSeconds;
  const given = object.metadata.deletionGracePeriodSeconds;
  if (object.metadata.deletionTimestamp === undefined) {
    return podEndsAtOnce(object) ? 0 : (asked ?? strategy.gracePeriod(object));
  }
  if (typeof given !== 'number' || given === 0) return undefined;
  return asked !== undefined && asked < given ? asked : 'pending';
}

/** Until its finalizers are done. */
function markHeld({ metadata }: KubeObject, nowMs: number): void {
  const before = metadata.deletionTimestamp;
  countDeletion(metadata);
  if (typeof before !== 'string' || Date.parse(before) > nowMs) metadata.deletionTimestamp = timeOf(nowMs);
  metadata.deletionGracePeriodSeconds = 0;
}

/** Counted from the first request to delete; a shorter period counts from then as well, but ends in no past. */
function markGraceful({ metadata }: KubeObject, grace: number, nowMs: number): void {
  const before = metadata.deletionTimestamp;
  countDeletion(metadata);
  const givenMs = Number(metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const askedAtMs = typeof before === 'string' ? Date.parse(before) - givenMs : nowMs;
  const endMs = askedAtMs + grace * 1000;
  const late = endMs < nowMs;
  metadata.deletionTimestamp = timeOf(late ? nowMs : endMs);
  metadata.deletionGracePeriodSeconds = late && grace !== 0 ? 1 : grace;
}

/** What is asked of the object's controllers changes with the first request to delete. */
function countDeletion(metadata: ObjectMeta): void {
  if (metadata.deletionTimestamp === undefined && typeof metadata.generation === 'number') metadata.generation += 1;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** The collector's finalizers are there as the policy asks; without one, as they are. */
function finalizersAfter(
  { resource }: Scope,
  object: KubeObject,
  { propagationPolicy: asked }: DeleteOptions,
): string[] {
  const finalizers = finalizersOf(object);
  const decided = finalizers.includes(ORPHAN) || finalizers.includes(FOREGROUND);
  const propagationPolicy = asked ?? (resource.strategy.keepsDependents && !decided ? 'Orphan' : undefined);
  if (propagationPolicy === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  if (propagationPolicy === 'Orphan') return [...others, ORPHAN];
  return propagationPolicy === 'Foreground' ? [...others, FOREGROUND] : others;
}

/** A definition waits for its instances to go. */
function cleanupFinalizer({ resource }: Scope, object: KubeObject): string[] {
  if (resource.kind !== 'CustomResourceDefinition' || object.metadata.deletionTimestamp !== undefined) return [];
  return finalizersOf(object).includes(CLEANUP_FINALIZER) ? [] : [CLEANUP_FINALIZER];
}

function markedNamespace(namespace: KubeObject, nowMs: number): KubeObject {
  if (namespace.metadata.deletionTimestamp !== undefined) return namespace;
  const metadata = { ...namespace.metadata, deletionTimestamp: timeOf(nowMs) };
  return { ...namespace, metadata, status: { ...(namespace.status as object), phase: 'Terminating' } };
}

/** A namespace is emptied before it goes. */
function holdsNamespace({ resource }: Scope, object: KubeObject): boolean {
  if (resource.kind !== 'Namespace' || resource.group !== '') return false;
  const { finalizers } = (object.spec ?? {}) as { finalizers?: string[] };
  return (finalizers ?? []).length > 0;
}
