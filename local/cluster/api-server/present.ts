/** Objects as a client asked to see them: as they are, as rows of a Table, or their metadata alone. */
import type { KubeObject } from '../objects/kind-schema.ts';
import type { Accepted } from './http/accept.ts';
import type { Resource } from './resources/resource.ts';
import { apiVersionOf, servedForm } from './resources/resource.ts';
import type { Entry } from './store/entry.ts';
import type { RowObject } from './table/table.ts';
import { tableOf } from './table/table.ts';

export interface View {
  resource: Resource;
  form: Accepted['form'];
  /** How much of the object goes with each row of a Table. */
  includeObject: RowObject;
  nowMs: number;
}

/** One object. */
export function presentObject(entry: Entry, view: View): string {
  if (view.form === 'plain') return servedJson(entry, view.resource);
  if (view.form === 'metadata') return JSON.stringify(partialObject(servedForm(view.resource, entry.object)));
  return tableJson(entry, view, true);
}

/** The object of one watch event; `first` is the first event of this watch. */
export function presentEvent(entry: Entry, view: View, first: boolean): string {
  if (view.form !== 'table') return presentObject(entry, view);
  return tableJson(entry, view, first);
}

function tableJson({ object }: Entry, view: View, withColumns: boolean): string {
  const meta = { resourceVersion: object.metadata.resourceVersion };
  return JSON.stringify(tableOf([object], view, { meta, withColumns }));
}

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export function presentList(entries: readonly Entry[], meta: ListMeta, view: View): string {
  const { resource, form } = view;
  if (form === 'plain') return plainList(entries, meta, resource);
  const kept = entries.map((entry) => entry.object);
  if (form === 'table') return JSON.stringify(tableOf(kept, view, { meta, withColumns: true }));
  const items = kept.map((object) => partialObject(servedForm(resource, object)));
  return JSON.stringify({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: meta, items });
}

function plainList(entries: readonly Entry[], meta: ListMeta, resource: Resource): string {
  const metadata = resource.schema.builtin ? meta : { continue: '', ...meta };
  const head = JSON.stringify({ kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata });
  const items = entries.map((entry) => itemJson(servedJson(entry, resource), resource));
  return `${head.slice(0, -1)},"items":[${items.join(',')}]}`;
}

/** Items of built-in kinds come without kind and apiVersion, as the list says them for all; custom ones keep theirs. */
function itemJson(json: string, resource: Resource): string {
  if (!resource.schema.builtin) return json;
  const head = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersionOf(resource))},`;
  return json.startsWith(head) ? `{${json.slice(head.length)}` : json;
}

function servedJson(entry: Entry, resource: Resource): string {
  return resource.conversion === undefined ? entry.json : JSON.stringify(resource.conversion.served(entry.object));
}

function partialObject(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
