/** Labels and selectors in one line. */
import { fieldsOf, isFields, listOf, textOf } from '../resources/fields.ts';

/** `a=b,c=d`; `<none>` without any. */
export function labelsText(labels: unknown): string {
  const pairs = Object.entries(isFields(labels) ? labels : {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

/** `a=b,c in (d,e),!f`; `<none>` for one that selects everything. */
export function selectorText(selector: unknown): string {
  const fields = isFields(selector) ? selector : {};
  const equal = Object.entries(fieldsOf(fields, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  const parts = [...equal, ...listOf(fields, 'matchExpressions').map(expressionText)];
  return parts.length === 0 ? '<none>' : parts.sort().join(',');
}

function expressionText(expression: { [name: string]: unknown }): string {
  const key = textOf(expression, 'key');
  const values = Array.isArray(expression.values) ? expression.values.join(',') : '';
  switch (expression.operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key} ${textOf(expression, 'operator').toLowerCase()} (${values})`;
  }
}
