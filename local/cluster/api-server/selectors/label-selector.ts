/** Label selectors as they stand in a query: `a=b,c!=d,e in (f,g),h,!i,j>3`. */
import { badRequest } from '../status.ts';

type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
interface Requirement {
  key: string;
  operator: Operator;
  values: readonly string[];
}
type LabelSelector = readonly Requirement[];
type Labels = { readonly [key: string]: string } | undefined;

/** Throws a 400 for what is no selector. Empty text selects everything. */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = splitTopLevel(text).map(parseRequirement);
  return requirements;
}

export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  return selector.every((requirement) => matchesRequirement(requirement, labels?.[requirement.key]));
}

function matchesRequirement({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case '>':
      return isInteger(value) && Number(value) > Number(values[0]);
    case '<':
      return isInteger(value) && Number(value) < Number(values[0]);
  }
}

function isInteger(text: string | undefined): boolean {
  return text !== undefined && /^[+-]?\d+$/.test(text);
}

/** At the commas that are outside parentheses. */
function splitTopLevel(text: string): string[] {
  if (text.trim() === '') return [];
  return text.split(/,(?![^(]*\))/);
}

const KEY = String.raw`((?:[A-Za-z0-9.-]+\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)`;
const FORMS: readonly [RegExp, Operator][] = [
  [new RegExp(`^${KEY}$`), 'exists'],
  [new RegExp(`^!\\s*${KEY}$`), '!'],
  [new RegExp(`^${KEY}\\s+in\\s*\\((.*)\\)$`), 'in'],
  [new RegExp(`^${KEY}\\s+notin\\s*\\((.*)\\)$`), 'notin'],
  [new RegExp(`^${KEY}\\s*!=(.*)$`), '!='],
  [new RegExp(`^${KEY}\\s*==?(.*)$`), '='],
  [new RegExp(`^${KEY}\\s*>(.*)$`), '>'],
  [new RegExp(`^${KEY}\\s*<(.*)$`), '<'],
];
const VALUE = /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/;

function parseRequirement(text: string): Requirement {
  const trimmed = text.trim();
  for (const [form, operator] of FORMS) {
    const match = form.exec(trimmed);
    if (match === null) continue;
    const listed = operator === 'in' || operator === 'notin';
    const written = match[2] ?? '';
    const values = listed ? written.split(',').map((value) => value.trim()) : [written.trim()];
    checkValues(operator, values, trimmed);
    return { key: match[1] ?? '', operator, values: match[2] === undefined ? [] : values };
  }
  throw unparsable(trimmed, 'found no requirement');
}

function checkValues(operator: Operator, values: readonly string[], text: string): void {
  if (values.some((value) => !VALUE.test(value))) throw unparsable(text, 'a value is no label value');
  const numeric = operator === '>' || operator === '<';
  if (numeric && !isInteger(values[0])) throw unparsable(text, `for '${operator}' the value must be an integer`);
}

function unparsable(text: string, why: string): Error {
  return badRequest(`unable to parse requirement: ${why}: ${JSON.stringify(text)}`);
}
