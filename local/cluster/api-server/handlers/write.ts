/** POST, PUT and DELETE. */
import { enforcePolicies } from '../admission/policies/enforce.ts';
import type { Call } from '../cluster.ts';
import { keyOf, targetOf } from '../cluster.ts';
import type { Answer } from '../http/answer.ts';
import { answerOf } from '../http/answer.ts';
import { presentList, presentObject } from '../present.ts';
import { badRequest, deletedStatus, notFound } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { checkMayCreate, createObject } from '../write/create.ts';
import { decodeObject } from '../write/decode.ts';
import { deleteEntry } from '../write/delete.ts';
import type { DeleteOptions } from '../write/delete-options.ts';
import { deleteOptionsOf } from '../write/delete-options.ts';
import { updateObject } from '../write/update.ts';
import { writeOptionsOf } from '../write/write-options.ts';
import { entryOfCall, viewOf } from './read.ts';
import { selectionOf } from './selection.ts';

export function createOne(call: Call): Answer {
  const options = writeOptionsOf(call);
  const decoded = decodeObject(call, call.resource.schema, options);
  const entry = createObject(call, decoded, options);
  return { code: 201, json: presentObject(entry, viewOf(call)) };
}

/** PUT of an object or of its status. */
export function replaceOne(call: Call, subresource: '' | 'status'): Answer {
  const options = writeOptionsOf(call);
  const next = decodeObject(call, call.resource.schema, options);
  next.metadata.name ??= call.request.name;
  const live = call.cluster.store.get(keyOf(call));
  if (live === undefined) return createByPut(call, next, options);
  const entry = updateObject(call, { live, next, subresource }, options);
  return { code: 200, json: presentObject(entry, viewOf(call)) };
}

function createByPut(
  call: Call,
  next: ReturnType<typeof decodeObject>,
  options: ReturnType<typeof writeOptionsOf>,
): Answer {
  if (call.resource.strategy.createOnUpdate !== true || call.request.subresource !== '') throw notFound(targetOf(call));
  if (next.metadata.name !== call.request.name) {
    throw badRequest(
      `the name of the object (${next.metadata.name}) does not match the name on the URL (${call.request.name})`,
    );
  }
  checkMayCreate(call);
  return { code: 201, json: presentObject(createObject(call, next, options), viewOf(call)) };
}

export function deleteOne(call: Call): Answer {
  const entry = entryOfCall(call);
  const options = wishedFor(call);
  checkDeletion(call, entry, options);
  const deletion = deleteEntry(call, entry, options);
  if (!deletion.gone || call.resource.strategy.returnsDeleted === true) {
    return { code: 200, json: presentObject(deletion.entry, viewOf(call)) };
  }
  return answerOf(200, deletedStatus(targetOf(call), String(entry.object.metadata.uid)));
}

/** Warns of what happens to what the object owns, where that is not what one might expect. */
function wishedFor(call: Call): DeleteOptions {
  const options = deleteOptionsOf(call);
  const { keepsDependents } = call.resource.strategy;
  if (keepsDependents !== undefined && options.propagationPolicy === undefined) call.warnings.push(keepsDependents);
  return options;
}

function checkDeletion(call: Call, { object: oldObject }: Entry, { dryRun }: DeleteOptions): void {
  enforcePolicies(call, { operation: 'DELETE', object: undefined, oldObject, dryRun });
}

/** DELETE of a collection: the list of what was in it. */
export function deleteMany(call: Call): Answer {
  const options = wishedFor(call);
  const { store } = call.cluster;
  const selection = selectionOf(call);
  const resourceVersion = String(store.revision);
  const namespace = call.resource.namespaced ? call.request.namespace : '';
  const entries = store.list(call.resource.bucket, namespace).filter((entry) => selection.matches(entry.object));
  const deleted = entries.map((entry) => {
    checkDeletion(call, entry, options);
    const { gone, entry: marked } = deleteEntry(call, entry, options);
    return gone ? entry : marked;
  });
  return { code: 200, json: presentList(deleted, { resourceVersion }, viewOf(call)) };
}
