/** The end of an object: at once, after its grace period, or when its finalizers are done. */
import type { KubeObject } from '../../objects/kind-schema.ts';
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

export interface Deletion {
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
  const marked = mark(call, entry.object, options);
  if (marked === 'unchanged') return { gone: false, entry };
  if (marked !== 'gone') {
    return { gone: false, entry: options.dryRun ? entryOf(marked, entry.revision) : store.put(key, marked) };
  }
  if (options.dryRun) return { gone: true, entry };
  return { gone: true, entry: store.delete(key) ?? entry };
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

/** The object marked for deletion; `gone`: it can go now; `unchanged`: it is marked already and this asks for no more. */
function mark(call: Scope, object: KubeObject, options: DeleteOptions): KubeObject | 'gone' | 'unchanged' {
  const next = { ...object, metadata: { ...object.metadata } };
  const grace = graceOf(call, object, options);
  if (grace === 'pending') return 'unchanged';
  const finalizers = [...finalizersAfter(object, options), ...cleanupFinalizer(call, object)];
  if (finalizers.length === 0) delete next.metadata.finalizers;
  else next.metadata.finalizers = finalizers;
  if (holdsNamespace(call, next)) return markNamespace(next, call.cluster.now());
  const held = finalizers.length > 0;
  if (grace === 0 && !held) return 'gone';
  stamp(next, object, grace, call.cluster.now());
  return next;
}

/** Seconds it may still live; 0: none, or the kind knows no grace; `pending`: it is dying and not to die sooner. */
function graceOf({ resource: { strategy } }: Scope, object: KubeObject, options: DeleteOptions): number | 'pending' {
  if (strategy.gracePeriod === undefined) return 0;
  const asked = options.gracePeriodSeconds;
  const given = object.metadata.deletionGracePeriodSeconds;
  if (object.metadata.deletionTimestamp !== undefined) {
    if (typeof given !== 'number' || given === 0) return 0;
    return asked !== undefined && asked < given ? asked : 'pending';
  }
  return podEndsAtOnce(object) ? 0 : (asked ?? strategy.gracePeriod(object));
}

function stamp(next: KubeObject, old: KubeObject, grace: number, nowMs: number): void {
  const { metadata } = next;
  const before = metadata.deletionTimestamp;
  if (before === undefined && typeof metadata.generation === 'number') metadata.generation += 1;
  const givenMs = Number(old.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const askedAtMs = typeof before === 'string' ? Date.parse(before) - givenMs : nowMs;
  metadata.deletionTimestamp = timeOf(Math.max(askedAtMs + grace * 1000, nowMs));
  metadata.deletionGracePeriodSeconds = grace;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** The collector's finalizers are there as the policy asks; without one, as they are. */
function finalizersAfter(object: KubeObject, { propagationPolicy }: DeleteOptions): string[] {
  const finalizers = finalizersOf(object);
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

/** A namespace is emptied before it goes; asking again changes nothing. */
function markNamespace(next: KubeObject, nowMs: number): KubeObject | 'unchanged' {
  if (next.metadata.deletionTimestamp !== undefined) return 'unchanged';
  next.metadata.deletionTimestamp = timeOf(nowMs);
  next.status = { ...(next.status as object), phase: 'Terminating' };
  return next;
}

function holdsNamespace({ resource }: Scope, object: KubeObject): boolean {
  if (resource.kind !== 'Namespace' || resource.group !== '') return false;
  const { finalizers } = (object.spec ?? {}) as { finalizers?: string[] };
  return (finalizers ?? []).length > 0;
}
