import type { Json, JsonObject, KindSchema, KubeObject, ManagedFieldsEntry } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';
import { mistakesIn } from './check-value.ts';
import { sameValue } from './compare-values.ts';
import { conflictError } from './conflict.ts';
import { emptyObject } from './empty-object.ts';
import { conflictsThatCount, withLastApplied } from './last-applied.ts';
import { ItemWithoutKey } from './list-items.ts';
import { type Managers, readLiveManagers, readManagers, withoutAncientUpdaters, writeManagers } from './managers.ts';
import { applyStep, type Scope, updateStep } from './merge-step.ts';
import { mergeType } from './merge-type.ts';
import { resetFields } from './untracked-fields.ts';

export { checkManagerName, defaultManager } from './manager-name.ts';

/** Who writes, when, and to what. */
export interface Writer {
  /** Field manager; empty: `unknown`. */
  manager: string;
  /** RFC 3339, whole seconds. */
  now: string;
  /** `''` for the object itself. */
  subresource: string;
}

function scopeOf(kind: KindSchema, subresource: string): Scope {
  return { type: mergeType(kind.root), reset: resetFields(kind, subresource) };
}
function apiVersionOf(kind: KindSchema): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}
function writerEntry(kind: KindSchema, by: Writer, operation: 'Apply' | 'Update') {
  const { manager, subresource, now } = by;
  return { manager: manager || 'unknown', operation, apiVersion: apiVersionOf(kind), subresource, time: now };
}
function withoutManagers(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
function withManagers(object: KubeObject, managers: Managers): KubeObject {
  const entries = writeManagers(managers);
  const { metadata } = withoutManagers(object);
  return { ...object, metadata: entries === undefined ? metadata : { ...metadata, managedFields: entries } };
}
function asJson(object: KubeObject): Json {
  return object as unknown as Json;
}

/**
 * Applies a configuration. The result has its `metadata.managedFields`; it is to be defaulted, validated and stored as
 * after any write, under the name of `config`. When nothing changed it is `live`, to the last time stamp.
 * @param live undefined: the object does not exist yet
 * @throws RequestError 409 for conflicts (unless forced), 400 for the wrong kind or managedFields in `config`, 500 for
 *   what does not fit the schema, as a real server answers
 */
export function applyConfiguration(
  kind: KindSchema,
  live: KubeObject | undefined,
  config: KubeObject,
  by: Writer & { force: boolean },
): KubeObject {
  const scope = scopeOf(kind, by.subresource);
  checkConfiguration(kind, scope, config);
  const before = withoutManagers(live ?? (emptyObject(kind) as unknown as KubeObject));
  const managers = firstManagers(kind, scope, live, before, by);
  const writer = writerEntry(kind, by, 'Apply');
  const applied = applyStep(scope, asJson(before), asJson(config), managers, writer);
  if (!by.force) {
    const conflicts = conflictsThatCount(scope.type, before, by.manager, applied.conflicts);
    if (conflicts.length > 0) throw conflictError(conflicts);
  }
  const object = (applied.object ?? before) as unknown as KubeObject;
  return withManagers(withLastApplied(object, config, by.manager), applied.managers);
}

/** Managers of the live object; one that nobody tracked yet is `before-first-apply`'s. */
function firstManagers(
  kind: KindSchema,
  scope: Scope,
  live: KubeObject | undefined,
  before: KubeObject,
  by: Writer,
): Managers {
  const managers = readLiveManagers(live?.metadata.managedFields);
  if (live === undefined || managers.size > 0) return managers;
  const writer = writerEntry(kind, { ...by, manager: 'before-first-apply' }, 'Update');
  return updateStep(scope, emptyObject(kind), asJson(before), managers, writer);
}

function checkConfiguration(kind: KindSchema, scope: Scope, config: KubeObject): void {
  if (config.apiVersion !== apiVersionOf(kind) || config.kind !== kind.kind)
    throw new RequestError(400, 'BadRequest', `invalid object type: ${kindText(config.apiVersion, config.kind)}`);
  if (config.metadata?.managedFields !== undefined && config.metadata.managedFields !== null)
    throw new RequestError(400, 'BadRequest', 'metadata.managedFields must be nil');
  const mistakes = mistakesIn(scope.type, asJson(config));
  if (mistakes.length === 0) return;
  const text =
    mistakes.length === 1 ? mistakes[0] : ['errors:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n');
  const { namespace = '', name = '' } = config.metadata ?? {};
  const what = `${namespace}/${name}; ${kindText(config.apiVersion, config.kind)}`;
  throw new RequestError(500, '', `failed to create typed patch object (${what}): ${text}`);
}

function kindText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

/**
 * `next` with its managedFields, for every write that is not an apply: create, replace and the other patches. To be
 * called on the defaulted object, right before it is stored.
 * @param live undefined: the object is being created
 * @param next with managedFields as the client sent them: absent means unchanged, `[]` or `[{}]` drops them all
 */
export function trackUpdate(kind: KindSchema, live: KubeObject | undefined, next: KubeObject, by: Writer): KubeObject {
  const managers = managersToStartFrom(live, next, by.subresource !== '');
  if (managers.size === 0 && live !== undefined) return withManagers(next, managers); // untracked objects stay untracked
  const before = live === undefined ? emptyObject(kind) : asJson(withoutManagers(live));
  const after = withoutManagers(next);
  const scope = scopeOf(kind, by.subresource);
  try {
    const updated = updateStep(scope, before, asJson(after), managers, writerEntry(kind, by, 'Update'));
    return withManagers(after, withoutAncientUpdaters(updated));
  } catch (error) {
    // As a real server does: what cannot be tracked is left to validation, which says what is wrong with it.
    if (error instanceof ItemWithoutKey) return withManagers(after, managers);
    throw error;
  }
}

/** A client may replace managedFields, but only on the object itself, and not by what cannot be read. */
function managersToStartFrom(live: KubeObject | undefined, next: KubeObject, isSubresource: boolean): Managers {
  const sent = next.metadata.managedFields;
  if (!isSubresource) {
    if (isReset(sent)) return new Map();
    const managers = readableManagers(sent);
    if (managers.size > 0) return managers;
  }
  return readableManagers(live?.metadata.managedFields);
}
function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0);
}
function readableManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return readManagers(entries ?? []);
  } catch {
    return new Map(); // as a real server does: ownership that cannot be read is forgotten
  }
}

/** Equal but for times in managedFields: nothing needs to be written, and the resourceVersion stays. */
export function sameButTimes(a: KubeObject, b: KubeObject): boolean {
  return sameValue(withoutTimes(a), withoutTimes(b));
}
function withoutTimes(object: KubeObject): JsonObject {
  const managedFields = (object.metadata.managedFields ?? []).map(({ time: _, ...entry }) => entry);
  return { ...object, metadata: { ...object.metadata, managedFields } } as unknown as JsonObject;
}
