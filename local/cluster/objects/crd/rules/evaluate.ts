import { sameValue } from '../../apply/compare-values.ts';
import type { FieldError } from '../../field-error.ts';
import type { Json, JsonObject, Schema, ValidationRule } from '../../kind-schema.ts';
import { ownValue } from '../../own-value.ts';
import { type CompiledRule, RuleSet } from './compile.ts';
import { evaluationFailed } from './mistakes.ts';
import { optionalValue } from './optional-value.ts';

const ruleSets = new WeakMap<Schema, RuleSet>();

/** The rules of a custom resource, by the schema of its root; compiled as they are first needed. */
export function ruleSetOf(root: Schema): RuleSet {
  let set = ruleSets.get(root);
  if (set === undefined) {
    set = new RuleSet();
    set.declare(schemasWithRules(root));
    ruleSets.set(root, set);
  }
  return set;
}

/** All schemas below (and with) `root` that have rules. */
function schemasWithRules(root: Schema): Schema[] {
  const { properties = {}, items, additionalProperties: rest } = root;
  return [
    ...((root['x-kubernetes-validations']?.length ?? 0) > 0 ? [root] : []),
    ...Object.values(properties).flatMap(schemasWithRules),
    ...(items === undefined ? [] : schemasWithRules(items)),
    ...(typeof rest === 'object' ? schemasWithRules(rest) : []),
  ];
}

/**
 * What the CEL rules find wrong.
 * @param old the value before an update: only then do transition rules apply, and unchanged values are excused
 * @param path of `value`, for a part of an object
 */
export function ruleErrors(root: Schema, value: Json, old?: Json, path = ''): FieldError[] {
  const schemas = new Set(schemasWithRules(root));
  if (schemas.size === 0) return [];
  return new RuleWalk(ruleSetOf(root), reachable(root, schemas)).errorsAt(root, value, old, { path, excused: false });
}

/** Schemas at or above one with rules: the rest of an object need not be looked at. */
function reachable(root: Schema, withRules: ReadonlySet<Schema>): ReadonlySet<Schema> {
  const found = new Set<Schema>();
  const visit = (schema: Schema): boolean => {
    const { properties = {}, items, additionalProperties: rest } = schema;
    const below = [
      ...Object.values(properties),
      ...(items ? [items] : []),
      ...(typeof rest === 'object' ? [rest] : []),
    ];
    const leads = below.map(visit).includes(true) || withRules.has(schema);
    if (leads) found.add(schema);
    return leads;
  };
  visit(root);
  return found;
}

interface Place {
  path: string;
  /** A value around this one did not change in an update. */
  excused: boolean;
}

class RuleWalk {
  readonly #set: RuleSet;
  readonly #reachable: ReadonlySet<Schema>;

  constructor(set: RuleSet, reachableSchemas: ReadonlySet<Schema>) {
    this.#set = set;
    this.#reachable = reachableSchemas;
  }

  errorsAt(schema: Schema, value: Json, old: Json | undefined, { path, excused }: Place): FieldError[] {
    if (value === null || !this.#reachable.has(schema)) return [];
    const place = { path, excused: excused || (old !== undefined && sameValue(value, old)) };
    const own = this.#ownErrors(schema, value, old ?? undefined, place);
    if (Array.isArray(value)) return [...own, ...this.#inList(schema, value, old, place)];
    return typeof value === 'object' ? [...own, ...this.#inMap(schema, value, old, place)] : own;
  }

  #inMap(schema: Schema, map: JsonObject, old: Json | undefined, { path, excused }: Place): FieldError[] {
    const { properties = {}, additionalProperties: rest } = schema;
    const before = typeof old === 'object' && old !== null && !Array.isArray(old) ? old : {};
    return Object.entries(map).flatMap(([key, item]) => {
      const isProperty = Object.hasOwn(properties, key);
      const below = isProperty ? properties[key] : rest;
      if (typeof below !== 'object') return [];
      const childPath = isProperty ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`;
      return this.errorsAt(below, item, ownValue(before, key), { path: childPath, excused });
    });
  }

  #inList(schema: Schema, list: Json[], old: Json | undefined, { path, excused }: Place): FieldError[] {
    const { items } = schema;
    if (items === undefined) return [];
    const before = Array.isArray(old) ? old : [];
    const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
    const oldItem = (item: Json) =>
      keys.length === 0 ? undefined : before.find((other) => sameKeys(keys, other, item));
    return list.flatMap((item, i) => this.errorsAt(items, item, oldItem(item), { path: `${path}[${i}]`, excused }));
  }

  #ownErrors(schema: Schema, value: Json, old: Json | undefined, place: Place): FieldError[] {
    const { rules } = this.#set.rulesOf(schema);
    if (rules.length === 0) return [];
    const self = this.#set.types.valueOf(schema, value);
    const oldSelf = old === undefined || old === null ? undefined : this.#set.types.valueOf(schema, old);
    const field = place.path === '' ? '<nil>' : place.path;
    const errors: FieldError[] = [];
    for (const compiled of rules) {
      const { rule, usesOldSelf } = compiled;
      if (usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) continue;
      const variables = variablesFor(rule, self, oldSelf);
      const result = evaluated(compiled, variables);
      if (result === true || (place.excused && !usesOldSelf)) continue;
      if (typeof result === 'string')
        errors.push({ type: 'FieldValueInvalid', field, value: schema.type, detail: failureText(result, rule) });
      else errors.push(violation(compiled, variables, { schema, value, field }));
    }
    return errors;
  }
}

function sameKeys(keys: readonly string[], a: Json, b: Json): boolean {
  return keys.every((key) => sameValue((a as JsonObject)[key], (b as JsonObject)[key]));
}

type Variables = Record<string, unknown>;

function variablesFor(rule: ValidationRule, self: unknown, oldSelf: unknown): Variables {
  if (!rule.optionalOldSelf) return oldSelf === undefined ? { self } : { self, oldSelf };
  return { self, oldSelf: optionalValue(oldSelf) };
}

/** Holds, does not, or what went wrong in finding out. */
function evaluated({ expression }: CompiledRule, variables: Variables): boolean | string {
  try {
    return expression(variables) === true;
  } catch (error) {
    return evaluationFailed(error);
  }
}

function failureText(why: string, rule: ValidationRule): string {
  if (why !== "'no such overload'") return `${why} evaluating rule: ${ruleText(rule)}`;
  const what = 'call arguments did not match a supported operator, function or macro signature';
  return `${why}: ${what} for rule: ${ruleText(rule)}`;
}

function ruleText({ rule, message }: ValidationRule): string {
  return (message || rule).trim();
}

function violation(
  { rule, messageExpression }: CompiledRule,
  variables: Variables,
  { schema, value, field }: { schema: Schema; value: Json; field: string },
): FieldError {
  const detail =
    dynamicMessage(messageExpression, variables) ?? (rule.message?.trim() || `failed rule: ${rule.rule.trim()}`);
  const below = (rule.fieldPath ?? '').replace(/^\./, '');
  const where =
    below === '' ? field : field === '<nil>' ? below : `${field}${below.startsWith('[') ? '' : '.'}${below}`;
  const shown = schema.type === 'object' || schema.type === 'array' ? undefined : value;
  const type = rule.reason ?? 'FieldValueInvalid';
  return { type, field: where.replaceAll("['", '[').replaceAll("']", ']'), value: shown, detail };
}

/** The text of a messageExpression; undefined where it has none to show, and `message` counts. */
function dynamicMessage(expression: CompiledRule['messageExpression'], variables: Variables): string | undefined {
  if (expression === undefined) return undefined;
  try {
    const text = String(expression(variables)).trim();
    return text === '' || text.includes('\n') ? undefined : text;
  } catch {
    return undefined; // as on a real server: the rule is violated all the same
  }
}
