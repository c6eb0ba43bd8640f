import type { FieldError } from '../field-error.ts';
import type { Schema, ValidationRule } from '../kind-schema.ts';
import { costOf, MOST_PER_RULE, MOST_PER_SCHEMA } from './rules/cost.ts';
import { ruleSetOf } from './rules/evaluate.ts';
import type { AstNode } from './rules/mistakes.ts';
import { mostInRequest } from './rules/sizes.ts';
import { forbidden, invalid, required } from './structural.ts';

/** Where a rule stands: how many values it may have to judge, and whether values can be compared with old ones there. */
export interface RulePlace {
  path: string;
  /** Undefined: no list or map around it says how many. */
  cardinality: number | undefined;
  /** Path of the list whose items cannot be told apart; undefined: transition rules may stand here. */
  uncorrelatable: string | undefined;
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What is wrong with how rules are written down, their language aside. */
export function ruleFormErrors(schema: Schema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
    formErrors(schema, rule, `${path}.x-kubernetes-validations[${i}]`),
  );
}

function formErrors(schema: Schema, rule: ValidationRule, path: string): FieldError[] {
  const { message = '', messageExpression, fieldPath, reason } = rule;
  const errors: FieldError[] = [];
  const spansLines = (text: string) => /[\n\r]/.test(text.trim());
  if (rule.rule.trim() === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'));
  else if (spansLines(message)) errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  else if (spansLines(rule.rule) && message.trim() === '')
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (messageExpression !== undefined && messageExpression.trim() === '')
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason)) {
    const detail = `supported values: ${REASONS.map((name) => JSON.stringify(name)).join(', ')}`;
    errors.push({ type: 'FieldValueNotSupported', field: `${path}.reason`, value: reason, detail });
  }
  if (fieldPath !== undefined && !isFieldPath(schema, fieldPath))
    errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must be a valid path'));
  return errors;
}

/** Does `.a.b` or `['a']` lead to a field of the schema? */
function isFieldPath(schema: Schema, path: string): boolean {
  const parts = path.match(/\.[^.[\]]+|\['(?:\\.|[^'\\])*'\]/g) ?? [];
  if (parts.join('') !== path || parts.length === 0) return false;
  let at: Schema | undefined = schema;
  for (const part of parts) {
    const name = part.startsWith('.') ? part.slice(1) : part.slice(2, -2).replace(/\\(.)/g, '$1');
    const rest: Schema | boolean | undefined = at?.additionalProperties;
    at = at?.properties?.[name] ?? (typeof rest === 'object' ? rest : undefined);
  }
  return at !== undefined;
}

/** Adds up what the rules of a whole schema may cost. */
export class RuleBudget {
  #total = 0;
  readonly #expensive: { path: string; cost: number }[] = [];

  /** Mistakes in the language of the rules of one schema, and rules that alone may cost too much. */
  errorsOf(root: Schema, schema: Schema, place: RulePlace): FieldError[] {
    const { rules, mistakes } = ruleSetOf(root).rulesOf(schema);
    const all = schema['x-kubernetes-validations'] ?? [];
    const pathOf = (index: number) => `${place.path}.x-kubernetes-validations[${index}]`;
    return [
      ...mistakes.map(({ index, field, detail }) =>
        invalid(`${pathOf(index)}.${field}`, shownRule(all[index]), detail),
      ),
      ...rules.flatMap(({ rule, expression, usesOldSelf }) => {
        const path = pathOf(all.indexOf(rule));
        const count = place.cardinality ?? mostInRequest(schema);
        const cost = costOf(expression.ast as unknown as AstNode, schema) * count;
        return [...this.#costErrors(`${path}.rule`, cost), ...oldSelfErrors(rule, usesOldSelf, path, place)];
      }),
    ];
  }

  #costErrors(path: string, cost: number): FieldError[] {
    this.#total += cost;
    this.#expensive.push({ path, cost });
    return cost > MOST_PER_RULE ? [forbidden(path, tooExpensive('estimated rule cost', cost / MOST_PER_RULE))] : [];
  }

  /** Errors when all rules together may cost too much. */
  totalErrors(path: string): FieldError[] {
    if (this.#total <= MOST_PER_SCHEMA) return [];
    const most = this.#expensive
      .filter(({ cost }) => cost >= MOST_PER_SCHEMA / 100)
      .sort((a, b) => b.cost - a.cost)
      .slice(0, 4);
    const share = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...most.map(({ path: rulePath }) => forbidden(rulePath, share)),
      forbidden(path, tooExpensive(name, this.#total / MOST_PER_SCHEMA)),
    ];
  }
}

/** A rule as refusals show it: with all its fields, under the names that they have inside a real server. */
function shownRule(rule: ValidationRule | undefined): object {
  return {
    Rule: rule?.rule ?? '',
    Message: rule?.message ?? '',
    MessageExpression: rule?.messageExpression ?? '',
    Reason: rule?.reason ?? null,
    FieldPath: rule?.fieldPath ?? '',
    OptionalOldSelf: rule?.optionalOldSelf ?? null,
  };
}

function tooExpensive(what: string, factor: number): string {
  const text = factor > 100 ? 'more than 100x' : `${factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)}x`;
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';
  return `${what} exceeds budget by factor of ${text} (${advice})`;
}

function oldSelfErrors(rule: ValidationRule, usesOldSelf: boolean, path: string, place: RulePlace): FieldError[] {
  if (!usesOldSelf)
    return rule.optionalOldSelf === undefined
      ? []
      : [invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')];
  if (place.uncorrelatable === undefined) return [];
  const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
  return [invalid(`${path}.rule`, rule.rule, detail)];
}

/** How many values there may be directly below a list or map; undefined: nothing says so. */
export function cardinalityBelow(schema: Schema, cardinality: number | undefined): number | undefined {
  const most = schema.type === 'array' ? schema.maxItems : schema.maxProperties;
  return most === undefined || cardinality === undefined ? undefined : cardinality * most;
}
