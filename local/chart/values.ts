import { isTable, type Table } from './go-yaml.ts';

/** `over` laid over `under`, as several values files are: tables are merged, all else, null too, is replaced. */
export function mergeValues(under: Table, over: Table): Table {
  const result: Table = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = under[key];
    result[key] = isTable(value) && isTable(below) ? mergeValues(below, value) : value;
  }
  return result;
}

/** What is given laid over the chart's defaults: like `mergeValues`, but null takes a default away. */
export function coalesceValues(defaults: Table, given: Table): Table {
  const result: Table = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    const below = defaults[key];
    if (value === null && key in defaults) delete result[key];
    else result[key] = isTable(value) && isTable(below) ? coalesceValues(below, value) : value;
  }
  return result;
}
