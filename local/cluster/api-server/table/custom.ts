/** Printer columns of CustomResourceDefinitions. */

import { ageOf } from '#platform/time/age.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Column, Printer } from '../resources/resource.ts';
import { NAME, nameOf } from './basic.ts';
import type { JsonPath } from './json-path.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';

export interface CustomColumn {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

const CREATED: CustomColumn = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created.',
  jsonPath: '.metadata.creationTimestamp',
};

/** Without columns of its own a kind is shown by name and age. */
export function customPrinter(given: readonly CustomColumn[]): Printer {
  const columns = (given.length === 0 ? [CREATED] : given).map((column) => ({
    column,
    path: readablePath(column.jsonPath),
  }));
  return {
    columns: [NAME, ...columns.map(({ column }) => columnOf(column))],
    cells: (object, nowMs) => [
      nameOf(object),
      ...columns.map(({ column, path }) => cellOf(object, column, path, nowMs)),
    ],
  };
}

/** A path that cannot be read leads to nothing, so that its column is empty. */
function readablePath(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text);
  } catch {
    return undefined;
  }
}

function columnOf({ name, type, jsonPath, format, description, priority }: CustomColumn): Column {
  return {
    name,
    type: type as Column['type'],
    format: format ?? '',
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
  };
}

type Cell = string | number | boolean | null;

/** Null, which is printed as nothing, when the value is absent or of another type. */
function cellOf(object: KubeObject, { type }: CustomColumn, path: JsonPath | undefined, nowMs: number): Cell {
  const [value] = path === undefined ? [] : valuesAt(path, object);
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, nowMs) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function dateCell(value: string, nowMs: number): string {
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, nowMs);
}
