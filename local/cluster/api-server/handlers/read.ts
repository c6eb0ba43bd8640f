/** GET of an object and of a collection. */
import { RequestError } from '../../objects/request-error.ts';
import type { Call } from '../cluster.ts';
import { keyOf, targetOf } from '../cluster.ts';
import type { Answer } from '../http/answer.ts';
import type { ListMeta, View } from '../present.ts';
import { presentList, presentObject } from '../present.ts';
import { expired, notFound } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { pathOf } from '../store/entry.ts';
import type { RowObject } from '../table/table.ts';
import type { Continuation, ListOptions } from './list-options.ts';
import { decodeContinue, encodeContinue } from './list-options.ts';
import type { Selection } from './selection.ts';
import { selectionOf } from './selection.ts';

export function viewOf({ resource, accepted, query, cluster }: Call): View {
  const include = query.get('includeObject');
  const includeObject: RowObject = include === 'None' || include === 'Object' ? include : 'Metadata';
  return { resource, form: accepted.form, includeObject, nowMs: cluster.now() };
}

/** Throws a 404 when there is no such object. */
export function entryOfCall(call: Call): Entry {
  const entry = call.cluster.store.get(keyOf(call));
  if (entry === undefined) throw notFound(targetOf(call));
  return entry;
}

export function getObject(call: Call): Answer {
  return { code: 200, json: presentObject(entryOfCall(call), viewOf(call)) };
}

export function listObjects(call: Call, options: ListOptions): Answer {
  const selection = selectionOf(call);
  const { entries, meta } = pageOf(call, options, selection);
  return { code: 200, json: presentList(entries, meta, viewOf(call)) };
}

/** What of the collection goes into one answer. */
function pageOf(call: Call, options: ListOptions, selection: Selection): { entries: Entry[]; meta: ListMeta } {
  const from = options.continue === '' ? undefined : decodeContinue(options.continue);
  const revision = revisionOf(call, options, from);
  const all = entriesAt(call, revision);
  const later = from === undefined ? all : all.filter((entry) => pathOfEntry(entry) > from.after);
  const matching = later.filter((entry) => selection.matches(entry.object));
  const meta = { resourceVersion: String(revision) };
  // A list at any revision comes from the watch cache, which knows no pages.
  const limit = options.resourceVersion === 0 && from === undefined ? 0 : options.limit;
  if (limit === 0 || matching.length <= limit) return { entries: matching, meta };
  const entries = matching.slice(0, limit);
  const last = entries.at(-1);
  const after = last === undefined ? '' : pathOfEntry(last);
  const remaining = selection.everything ? { remainingItemCount: matching.length - limit } : {};
  return { entries, meta: { ...meta, continue: encodeContinue({ revision, after }), ...remaining } };
}

function entriesAt({ cluster: { store }, resource, request }: Call, revision: number): Entry[] {
  const namespace = resource.namespaced ? request.namespace : '';
  if (revision === store.revision) return store.list(resource.bucket, namespace);
  return store.listAt(resource.bucket, namespace, revision);
}

/** The state that is shown. Throws a 410 when it is forgotten and a 504 when it is not reached yet. */
function revisionOf({ cluster: { store } }: Call, options: ListOptions, from: Continuation | undefined): number {
  const asked = from?.revision ?? options.resourceVersion;
  if (asked === undefined || asked === -1) return store.revision;
  if (asked > store.revision) throw tooLarge(asked, store.revision);
  if (from === undefined && options.match !== 'Exact') return store.revision;
  if (asked >= store.compacted) return asked;
  throw expired(from === undefined ? LIST_EXPIRED : CONTINUE_EXPIRED);
}

const LIST_EXPIRED = 'The resourceVersion for the provided list is too old.';
const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** Throws a 504, as for a state that is still to come. */
export function tooLarge(asked: number, current: number): RequestError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
  return new RequestError(504, 'Timeout', message, [cause]);
}

function pathOfEntry(entry: Entry): string {
  const { namespace = '', name = '' } = entry.object.metadata;
  return pathOf({ namespace, name });
}
