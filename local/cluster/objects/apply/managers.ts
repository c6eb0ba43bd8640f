import type { JsonObject, ManagedFieldsEntry } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';
import { type FieldSet, fromFieldsV1, toFieldsV1, union } from './field-set.ts';

/** One manager's fields. */
export interface ManagedSet {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly fields: FieldSet;
  readonly time: string | undefined;
}
/** Managers by `managerId`. */
export type Managers = ReadonlyMap<string, ManagedSet>;

/** An applier is the same one whatever version it applies; an updater is another one in each version. */
export function managerId(entry: Pick<ManagedSet, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
  return JSON.stringify([entry.manager, entry.operation, version, entry.subresource]);
}

/** Reads `metadata.managedFields`. Throws an Error that says what an entry lacks. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers = new Map<string, ManagedSet>();
  for (const [index, entry] of (entries ?? []).entries()) {
    const set = readEntry(entry, index);
    managers.set(managerId(set), set);
  }
  return managers;
}

function readEntry(entry: ManagedFieldsEntry, index: number): ManagedSet {
  const { manager = '', operation, apiVersion, fieldsType, fieldsV1, subresource = '', time } = entry;
  if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
  if (!apiVersion) throw new Error('apiVersion must not be empty');
  if (!fieldsType) throw new Error(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== 'FieldsV1')
    throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  return { manager, operation, apiVersion, subresource, fields: fromFieldsV1(fieldsV1 ?? ({} as JsonObject)), time };
}

/** The same, with an unreadable list as a refusal of the request. */
export function readLiveManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return readManagers(entries);
  } catch (error) {
    throw new RequestError(500, '', `failed to decode managed fields: ${(error as Error).message}`);
  }
}

/** As they stand in `metadata.managedFields`: appliers first, then by age. Undefined without managers. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(byAge).map(({ manager, operation, apiVersion, fields, subresource, time }) => ({
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(fields),
    ...(subresource !== '' && { subresource }),
  }));
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
function byAge(a: ManagedSet, b: ManagedSet): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

const MOST_UPDATERS = 10;

/** At most ten updaters: beyond that, the oldest become one per version, named `ancient-changes`. */
export function withoutAncientUpdaters(managers: Managers): Managers {
  const updaters = [...managers].filter(([, set]) => set.operation === 'Update');
  let surplus = updaters.length - MOST_UPDATERS;
  if (surplus <= 0) return managers;
  updaters.sort(([a, x], [b, y]) => seconds(x.time) - seconds(y.time) || compareText(a, b));
  const left = new Map(managers);
  const firstOfVersion = new Map<string, string>();
  for (const [id, set] of updaters) {
    if (surplus <= 0) break;
    const first = firstOfVersion.get(set.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(set.apiVersion, id);
      continue;
    }
    moveIntoBucket(left, first, id, set);
    surplus--;
  }
  return left;
}

function moveIntoBucket(left: Map<string, ManagedSet>, first: string, id: string, set: ManagedSet): void {
  const bucket: ManagedSet = { ...set, manager: 'ancient-changes', subresource: '' };
  const bucketId = managerId(bucket);
  const before = left.get(bucketId) ?? left.get(first);
  if (!left.has(bucketId)) left.delete(first);
  left.delete(id);
  left.set(bucketId, { ...bucket, fields: before === undefined ? set.fields : union(set.fields, before.fields) });
}
