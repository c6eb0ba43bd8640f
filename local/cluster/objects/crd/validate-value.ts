import { sameValue } from '../apply/compare-values.ts';
import type { FieldError } from '../field-error.ts';
import type { Json, JsonObject, Schema } from '../kind-schema.ts';
import { ownValue } from '../own-value.ts';
import {
  enumErrors,
  listSizeErrors,
  mapSizeErrors,
  numberErrors,
  type Report,
  stringErrors,
  typeErrors,
} from './value-checks.ts';

/**
 * What a schema finds wrong with a value, CEL rules and uniqueness aside.
 * @param old the value before the update: what did not change is not found wrong
 * @param prefix path that the errors have in front, but their texts have not
 */
export function valueErrors(schema: Schema, value: Json, old?: Json, prefix = ''): FieldError[] {
  return errorsAt(schema, value, old, { path: '', prefix });
}

interface Place {
  /** As texts have it: `spec.ports[0]`, empty for the whole value. */
  path: string;
  prefix: string;
}

function fieldOf({ path, prefix }: Place): string {
  const below = path.replace(/^\./, '');
  if (prefix === '') return below === '' ? '<nil>' : below;
  return below === '' ? prefix : `${prefix}.${below}`;
}
function reportAt(place: Place): Report {
  return (type, value, text) => ({
    type,
    field: fieldOf(place),
    value,
    detail: text && `${place.path} in body ${text}`,
  });
}

function errorsAt(schema: Schema, value: Json, old: Json | undefined, place: Place): FieldError[] {
  if (old !== undefined && sameValue(value, old)) return [];
  const report = reportAt(place);
  if (value === null) return [...typeErrors(schema, value, report), ...enumErrors(schema, value, report)];
  return [
    ...typeErrors(schema, value, report),
    ...combinationErrors(schema, value, place),
    ...(typeof value === 'string' ? stringErrors(schema, value, report) : []),
    ...(typeof value === 'number' ? numberErrors(schema, value, report, place.path) : []),
    ...(Array.isArray(value) ? listErrors(schema, value, old, place) : []),
    ...enumErrors(schema, value, report),
    ...(typeof value === 'object' && !Array.isArray(value) ? mapErrors(schema, value, old, place) : []),
  ];
}

function listErrors(schema: Schema, list: Json[], old: Json | undefined, place: Place): FieldError[] {
  const { items } = schema;
  const before = items === undefined || !Array.isArray(old) ? [] : old;
  const inside =
    items === undefined
      ? []
      : list.flatMap((item, index) =>
          errorsAt(items, item, oldItem(schema, item, before), { ...place, path: `${place.path}[${index}]` }),
        );
  return [...inside, ...listSizeErrors(schema, list, reportAt(place))];
}

/** Only items with keys can be told to be the same ones as before. */
function oldItem(schema: Schema, item: Json, before: readonly Json[]): Json | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || schema['x-kubernetes-list-type'] !== 'map') return undefined;
  const keyOf = (of: Json, key: string) => (of as JsonObject | null)?.[key];
  const isSame = (other: Json) => keys.every((key) => sameValue(keyOf(other, key), keyOf(item, key)));
  return typeof item === 'object' ? before.find(isSame) : undefined;
}

function mapErrors(schema: Schema, map: JsonObject, old: Json | undefined, place: Place): FieldError[] {
  const before = typeof old === 'object' && old !== null && !Array.isArray(old) ? old : {};
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(map, key));
  return [
    ...mapSizeErrors(schema, Object.keys(map).length, reportAt(place)),
    ...Object.entries(map).flatMap(([key, value]) => entryErrors(schema, key, [value, ownValue(before, key)], place)),
    ...missing.map((key): FieldError => {
      const field = fieldOf({ ...place, path: `${place.path}.${key}` });
      return { type: 'FieldValueRequired', field, detail: '' };
    }),
  ];
}

function entryErrors(schema: Schema, key: string, [value, old]: [Json, Json | undefined], place: Place): FieldError[] {
  const { properties = {}, additionalProperties: rest } = schema;
  const isProperty = Object.hasOwn(properties, key);
  const below = isProperty ? properties[key] : rest;
  const path = isProperty && place.path === '' ? key : `${place.path}.${key}`;
  if (typeof below === 'object') return errorsAt(below, value, old, { ...place, path });
  return rest === false && !isProperty
    ? [reportAt(place)('FieldValueInvalid', '', `${key} is a forbidden property`)]
    : [];
}

/** anyOf, oneOf, allOf, not. Inside them nothing is excused for being unchanged. */
function combinationErrors({ anyOf, oneOf, allOf, not }: Schema, value: Json, place: Place): FieldError[] {
  const failuresOf = (schemas: readonly Schema[]) => schemas.map((part) => errorsAt(part, value, undefined, place));
  const complain = (text: string): FieldError => ({
    type: 'FieldValueInvalid',
    field: '<nil>',
    value: '',
    detail: `${JSON.stringify(place.path)} ${text}`,
  });
  const none = not === undefined || errorsAt(not, value, undefined, place).length > 0;
  return [
    ...(anyOf?.length ? anyOfErrors(failuresOf(anyOf), complain) : []),
    ...(oneOf?.length ? oneOfErrors(failuresOf(oneOf), complain) : []),
    ...(allOf?.length ? allOfErrors(failuresOf(allOf), complain) : []),
    ...(none ? [] : [complain('must not validate the schema (not)')]),
  ];
}
type Complain = (text: string) => FieldError;

function anyOfErrors(failures: FieldError[][], complain: Complain): FieldError[] {
  if (failures.some((found) => found.length === 0)) return [];
  return [complain('must validate at least one schema (anyOf)'), ...fewest(failures)];
}

function oneOfErrors(failures: FieldError[][], complain: Complain): FieldError[] {
  const valid = failures.filter((found) => found.length === 0).length;
  if (valid === 1) return [];
  const text = 'must validate one and only one schema (oneOf).';
  if (valid > 1) return [complain(`${text} Found ${valid} valid alternatives`)];
  return [complain(`${text} Found none valid`), ...fewest(failures)];
}

function allOfErrors(failures: FieldError[][], complain: Complain): FieldError[] {
  const valid = failures.filter((found) => found.length === 0).length;
  if (valid === failures.length) return [];
  return [
    ...failures.flat(),
    complain(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`),
  ];
}

/** The alternative that came closest. */
function fewest(failures: FieldError[][]): FieldError[] {
  return failures.reduce((best, found) => (found.length < best.length ? found : best), failures[0] ?? []);
}
