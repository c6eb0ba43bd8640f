/** One apply or update on the level of field sets: who owns what afterwards. */
import type { Json } from '../kind-schema.ts';
import { compareValues, sameValue } from './compare-values.ts';
import { type Conflict, conflictsOf } from './conflict.ts';
import { difference, differenceWithChildren, type FieldSet, intersection, union } from './field-set.ts';
import { type ManagedSet, type Managers, managerId } from './managers.ts';
import type { MergeType } from './merge-type.ts';
import { mergeValues } from './merge-values.ts';
import { ownedFields, withDeclaredParents } from './owned-fields.ts';
import { removeFields } from './remove-fields.ts';
import { NEVER_OWNED } from './untracked-fields.ts';

/** What stays the same from step to step of one request. */
export interface Scope {
  readonly type: MergeType;
  /** Fields that this kind of write cannot own. */
  readonly reset: FieldSet;
}
/** Who writes; without fields and time. */
type WriterEntry = Pick<ManagedSet, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

interface Ownership {
  managers: Map<string, ManagedSet>;
  conflicts: Conflict[];
}

/** Takes what changed from `before` to `after` away from every manager but `writerId`, which is left alone. */
function yieldFields(scope: Scope, before: Json, after: Json, managers: Managers, writerId: string) {
  const compared = compareValues(scope.type, before, after);
  const removed = differenceWithChildren(compared.removed, scope.reset);
  const written = differenceWithChildren(union(compared.modified, compared.added), scope.reset);
  const ownership: Ownership = { managers: new Map(), conflicts: [] };
  const contested: ManagedSet[] = [];
  for (const [id, set] of managers) {
    if (id === writerId) {
      if (set.fields.size > 0) ownership.managers.set(id, set);
      continue;
    }
    const lost = intersection(set.fields, written);
    if (lost.size > 0) contested.push({ ...set, fields: lost });
    const fields = difference(difference(set.fields, lost), removed);
    if (fields.size > 0) ownership.managers.set(id, fields === set.fields ? set : { ...set, fields });
  }
  ownership.conflicts = conflictsOf(contested.sort((a, b) => (managerId(a) < managerId(b) ? -1 : 1)));
  return { ...ownership, removed, written };
}

/** Ownership after a write that was not an apply: the writer takes what it changed, and nobody keeps what is gone. */
export function updateStep(
  scope: Scope,
  before: Json,
  after: Json,
  managers: Managers,
  writer: WriterEntry & { time: string },
): Managers {
  // The writer's own earlier fields are treated like anybody's: what it changes now is added to what is left of them.
  const { managers: left, written } = yieldFields(scope, before, after, managers, '');
  const taken = difference(written, NEVER_OWNED);
  if (taken.size === 0) return left;
  const id = managerId(writer);
  const earlier = left.get(id)?.fields;
  left.set(id, { ...writer, fields: earlier === undefined ? taken : union(taken, earlier) });
  return left;
}

interface Applied {
  /** Undefined: nothing changed. */
  object: Json | undefined;
  managers: Managers;
  conflicts: readonly Conflict[];
}

/** Puts `config` over `live`, drops what the applier owned and no longer mentions, and moves ownership. */
export function applyStep(
  scope: Scope,
  live: Json,
  config: Json,
  managers: Managers,
  writer: WriterEntry & { time: string },
): Applied {
  const id = managerId(writer);
  const merged = mergeValues(scope.type, live, config) as Json;
  const last = managers.get(id);
  const fields = differenceWithChildren(ownedFields(scope.type, config), scope.reset);
  const claimed = new Map(managers).set(id, { ...writer, fields, time: last?.time });
  const object = last === undefined ? merged : pruned(scope.type, merged, claimed, last.fields);
  const { managers: left, conflicts } = yieldFields(scope, live, object, claimed, id);
  const owned = difference(fields, NEVER_OWNED);
  if (owned.size === 0) left.delete(id);
  const unchanged = sameValue(live, object);
  if (owned.size > 0) left.set(id, { ...writer, fields: owned, time: unchanged ? last?.time : writer.time });
  return { object: unchanged ? undefined : object, managers: left, conflicts };
}

/** `merged` without what the applier owned last time, save what it or another manager owns now or what nobody owned. */
function pruned(type: MergeType, merged: Json, managers: Managers, last: FieldSet): Json {
  if (last.size === 0) return merged;
  const lastFields = withDeclaredParents(last, type);
  const bare = removeFields(type, merged, lastFields);
  let claimed: FieldSet = new Map();
  for (const { fields } of managers.values()) claimed = union(claimed, fields);
  const mergedFields = withDeclaredParents(ownedFields(type, merged), type);
  const bareFields = withDeclaredParents(ownedFields(type, bare), type);
  const wanted = union(bareFields, withDeclaredParents(claimed, type));
  const withOwned = removeFields(type, merged, difference(mergedFields, wanted));
  // Only what the applier owned may go: removing a parent must not take away what it never had.
  const keptFields = withDeclaredParents(ownedFields(type, withOwned), type);
  return removeFields(type, merged, intersection(difference(mergedFields, keptFields), lastFields));
}
