import { ageOf } from '#platform/time/age.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Column, Printer } from '../resources/resource.ts';

export const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Unique within a namespace; cannot be changed.',
  priority: 0,
};
export const AGE = column('Age', 'Time since the object was created.');

/** A column of text. `wide`: shown with `-o wide` only. */
export function column(
  name: string,
  description: string,
  options: { wide?: boolean; type?: Column['type'] } = {},
): Column {
  return { name, type: options.type ?? 'string', format: '', description, priority: options.wide === true ? 1 : 0 };
}

export function nameOf(object: KubeObject): string {
  return object.metadata.name ?? '';
}

export function createdAge(object: KubeObject, nowMs: number): string {
  return ageOf(object.metadata.creationTimestamp, nowMs);
}

export const NAME_AND_AGE: Printer = {
  columns: [NAME, AGE],
  cells: (object, nowMs) => [nameOf(object), createdAge(object, nowMs)],
};
