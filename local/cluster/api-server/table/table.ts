import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Resource } from '../resources/resource.ts';

export type RowObject = 'None' | 'Metadata' | 'Object';

interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: object;
  columnDefinitions: readonly object[] | null;
  rows: { cells: unknown[]; object: object | null }[];
}

interface TableOptions {
  meta: object;
  /** In a watch only the first Table names its columns. */
  withColumns: boolean;
}

/** Rows of a kind as `kubectl get` prints them. Takes objects in the form that is kept. */
export function tableOf(
  kept: readonly KubeObject[],
  { resource, includeObject, nowMs }: { resource: Resource; includeObject: RowObject; nowMs: number },
  { meta, withColumns }: TableOptions,
): Table {
  const { printer } = resource;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: meta,
    columnDefinitions: withColumns ? printer.columns : null,
    rows: kept.map((object) => ({
      cells: printer.cells(object, nowMs),
      object: rowObject(resource.conversion?.served(object) ?? object, includeObject),
    })),
  };
}

function rowObject(object: KubeObject, include: RowObject): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
