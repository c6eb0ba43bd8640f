/** The simple JSONPaths of printer columns: `.spec.a`, `.status.conditions[?(@.type=="Ready")].status`, `['x.y']`. */

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: readonly Step[]; equals: unknown };

export type JsonPath = readonly Step[];

/** Throws for what it cannot read. */
export function parseJsonPath(text: string): JsonPath {
  const steps: Step[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = matchStep(rest);
    if (match === undefined) throw new Error(`cannot read the JSONPath ${JSON.stringify(text)}`);
    if (match.step !== undefined) steps.push(match.step);
    rest = rest.slice(match.length);
  }
  return steps;
}

const FIELD = /^\.?((?:[^.[\]\\'"*]|\\.)+)/;
const QUOTED = /^\.?\[(['"])(.*?)\1\]/;
const INDEX = /^\[(-?\d+)\]/;
const ALL = /^(\[\*\]|\.\*)/;
const FILTER = /^\[\?\(\s*@((?:[^=!<>\s])*)\s*==\s*(?:(['"])(.*?)\2|([^\s)]+))\s*\)\]/;

function matchStep(text: string): { length: number; step?: Step } | undefined {
  if (text === '.' || text === '$') return { length: 1 };
  const filter = FILTER.exec(text);
  if (filter !== null) {
    const [all, path = '', , quotedText, bare] = filter;
    const equals = quotedText ?? (JSON.parse(bare ?? 'null') as unknown);
    return { length: all.length, step: { kind: 'filter', path: parseJsonPath(path), equals } };
  }
  const index = INDEX.exec(text);
  if (index !== null) return { length: index[0].length, step: { kind: 'index', index: Number(index[1]) } };
  const every = ALL.exec(text);
  if (every !== null) return { length: every[0].length, step: { kind: 'all' } };
  const quoted = QUOTED.exec(text);
  if (quoted !== null) return { length: quoted[0].length, step: { kind: 'field', name: quoted[2] ?? '' } };
  const field = FIELD.exec(text);
  if (field === null) return undefined;
  return { length: field[0].length, step: { kind: 'field', name: (field[1] ?? '').replace(/\\(.)/g, '$1') } };
}

/** All values at the path, in order; none where something on the way is absent. */
export function valuesAt(path: JsonPath, root: unknown): unknown[] {
  return path.reduce<unknown[]>((values, step) => values.flatMap((value) => take(step, value)), [root]);
}

function take(step: Step, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  switch (step.kind) {
    case 'field': {
      const found = (value as { [name: string]: unknown })[step.name];
      return found === undefined ? [] : [found];
    }
    case 'index': {
      const found = items.at(step.index);
      return found === undefined ? [] : [found];
    }
    case 'all':
      return items;
    case 'filter':
      return items.filter((item) => valuesAt(step.path, item).some((found) => found === step.equals));
  }
}
