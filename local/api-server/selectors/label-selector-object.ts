/** Label selectors as they stand in objects: `{ matchLabels, matchExpressions }`. */
import { fieldsOf, isFields, listOf, textOf } from '../resources/fields.ts';

/** An empty selector selects everything, an absent one nothing. */
export function matchesLabelSelectorObject(selector: unknown, labels: unknown): boolean {
  if (!isFields(selector)) return false;
  const have = isFields(labels) ? labels : {};
  const equal = Object.entries(fieldsOf(selector, 'matchLabels')).every(([key, value]) => have[key] === value);
  return equal && listOf(selector, 'matchExpressions').every((expression) => matchesExpression(expression, have));
}

function matchesExpression(expression: { [name: string]: unknown }, labels: { [key: string]: unknown }): boolean {
  const value = labels[textOf(expression, 'key')];
  const values = Array.isArray(expression.values) ? expression.values : [];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
