/** Field selectors: `metadata.name=a,status.phase!=Running`. Which fields a kind offers is its own affair. */
import { badRequest } from '../status.ts';

interface Requirement {
  field: string;
  equal: boolean;
  value: string;
}
type FieldSelector = readonly Requirement[];

/**
 * Throws a 400 for what is no selector, and for a field that is not in `fields`.
 * @param fields names that may be selected by
 */
export function parseFieldSelector(text: string, fields: ReadonlySet<string>): FieldSelector {
  return splitUnescaped(text).map((part) => parseRequirement(part, text, fields));
}

/** Values are compared as text; an absent field is empty. */
export function matchesFields(selector: FieldSelector, read: (field: string) => string): boolean {
  return selector.every(({ field, equal, value }) => (read(field) === value) === equal);
}

function splitUnescaped(text: string): string[] {
  return text.split(/(?<!\\),/).filter((part) => part !== '');
}

function parseRequirement(part: string, whole: string, fields: ReadonlySet<string>): Requirement {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
  if (match === null) {
    throw badRequest(
      `Unable to find "meta.k8s.io" that match label selector "", field selector ${JSON.stringify(whole)}: invalid selector: '${whole}'; can't understand '${part}'`,
    );
  }
  const [, field = '', operator, value = ''] = match;
  if (!fields.has(field)) throw badRequest(unsupported(field, fields));
  return { field, equal: operator !== '!=', value: value.replace(/\\([\\,=])/g, '$1') };
}

/** Of a kind without fields of its own the two that every kind has are named. */
function unsupported(field: string, fields: ReadonlySet<string>): string {
  if (fields.size > 2) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
