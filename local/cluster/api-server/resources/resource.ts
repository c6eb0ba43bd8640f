/** A resource as it is served: one kind in one version, under one path. */
import type { FieldError } from '../../objects/field-error.ts';
import type { KindSchema, KubeObject } from '../../objects/kind-schema.ts';

export const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** What is particular to a kind when its objects are written. Each may change `next` and must not change `old`. */
export interface Strategy {
  /** Fills in what clients leave out. Running it again changes nothing. */
  setDefaults?(next: KubeObject): void;
  /** Sets what the server decides at creation. */
  prepareForCreate?(next: KubeObject): void;
  /** Sets what the server decides at an update of the object itself; status was restored before. */
  prepareForUpdate?(next: KubeObject, old: KubeObject): void;
  /** The same for the status subresource; spec was restored before. */
  prepareForStatusUpdate?(next: KubeObject, old: KubeObject): void;
  /** What is wrong with the object, on create and update alike. Defaults are set before. */
  validate?(next: KubeObject): FieldError[];
  validateUpdate?(next: KubeObject, old: KubeObject): FieldError[];
  /** What a user should know of, though it is allowed. */
  warnings?(next: KubeObject): string[];
  /** What is wrong with the name; default: it is no DNS subdomain. */
  validateName?(name: string): string[];
  /** True: a status may be given at creation. */
  keepsStatus?: boolean;
  /** True: `metadata.generation` counts changes of what the user asks for. */
  counted?: boolean;
  /** True: a change of annotations counts as well. */
  annotationsCount?: boolean;
  /** True: a PUT to a name that is free creates. */
  createOnUpdate?: boolean;
  /** False: a PUT has to carry the resourceVersion. */
  unconditionalUpdate?: boolean;
  /** Seconds between the request to delete and the deletion, when the client does not say. Absent: none. */
  gracePeriod?(object: KubeObject): number;
  /** What it owns outlives it when the client of a deletion does not say otherwise; the text warns the client of that. */
  keepsDependents?: string;
  /** True: a deletion answers with the object, not with a Status. */
  returnsDeleted?: boolean;
}

export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format: string;
  description: string;
  /** Above 0: shown with `-o wide` only. */
  priority: number;
}

/** How `kubectl get` shows a kind. */
export interface Printer {
  columns: readonly Column[];
  /** One cell a column, ready to print. */
  cells(object: KubeObject, nowMs: number): (string | number | boolean | null)[];
}

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** `status`, `scale`, `log`, … */
  readonly subresources: readonly string[];
  /** Where the objects are kept; two versions of a kind share one. */
  readonly bucket: string;
  readonly schema: KindSchema;
  readonly strategy: Strategy;
  readonly printer: Printer;
  /** Fields that a field selector may name, besides `metadata.name` and `metadata.namespace`. */
  readonly fields: ReadonlyMap<string, (object: KubeObject) => string>;
  /** Between the form that is kept and the one that is served, when they differ. */
  readonly conversion?: { served(kept: KubeObject): KubeObject; kept(served: KubeObject): KubeObject };
}

/** From the form that is kept to the one that is served. */
export function servedForm({ conversion }: Resource, kept: KubeObject): KubeObject {
  return conversion === undefined ? kept : conversion.served(kept);
}

/** The other way round. */
export function keptForm({ conversion }: Resource, served: KubeObject): KubeObject {
  return conversion === undefined ? served : conversion.kept(served);
}

/** `v1`, `apps/v1`. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}
