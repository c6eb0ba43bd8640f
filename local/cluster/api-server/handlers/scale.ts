/** The scale subresource: the number of replicas, as an object of its own. */
import { applyScale, scaleOf, updateScale } from '../../objects/apply/scale.ts';
import type { KindSchema, KubeObject } from '../../objects/kind-schema.ts';
import { SCALE_KIND } from '../../objects/schema/scale-kind.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import type { Answer } from '../http/answer.ts';
import { answerOf } from '../http/answer.ts';
import { fieldsOf } from '../resources/fields.ts';
import { invalidField } from '../resources/validation.ts';
import { badRequest, conflict, invalid, methodNotAllowed, OPTIMISTIC_LOCK } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { decodeObject } from '../write/decode.ts';
import { timeOf } from '../write/metadata.ts';
import { updateObject } from '../write/update.ts';
import type { WriteOptions } from '../write/write-options.ts';
import { writeOptionsOf } from '../write/write-options.ts';
import { configOf, patchedObject, patchTypeOf } from './patch.ts';
import { entryOfCall } from './read.ts';

const KIND: KindSchema = SCALE_KIND;

export function handleScale(call: Call): Answer {
  const live = entryOfCall(call);
  if (call.method === 'GET') return scaleAnswer(call, live);
  const options = writeOptionsOf(call);
  if (call.method === 'PUT') return update(call, live, decodeObject(call, KIND, options), options);
  if (call.method === 'PATCH') return patch(call, live, options);
  throw methodNotAllowed();
}

function scaleAnswer({ resource }: Call, entry: Entry): Answer {
  const { metadata, ...scale } = scaleOf(resource.schema, entry.object);
  const { managedFields: _ofParent, ...shown } = metadata;
  return answerOf(200, { ...scale, metadata: shown });
}

function patch(call: Call, live: Entry, options: WriteOptions): Answer {
  const type = patchTypeOf(call, KIND);
  if (type !== 'apply') {
    const scale = scaleOf(call.resource.schema, live.object);
    return update(call, live, patchedObject(call, { schema: KIND, live: scale }, type, options), options);
  }
  const config = configOf(call, KIND, options);
  checkScale(call, config, live);
  const by = { ...writer(call, options), force: options.force };
  const parent = applyScale(call.resource.schema, live.object, config, by);
  return storeParent(call, live, parent, options);
}

function update(call: Call, live: Entry, scale: KubeObject, options: WriteOptions): Answer {
  checkScale(call, scale, live);
  const parent = updateScale(call.resource.schema, live.object, scale, writer(call, options));
  return storeParent(call, live, parent, options);
}

function writer(call: Call, { manager }: WriteOptions) {
  return { manager, now: timeOf(call.cluster.now()), subresource: 'scale' };
}

/** It must be about this object, in the state the client has seen when it says which. */
function checkScale(call: Call, { metadata, ...scale }: KubeObject, live: Entry): void {
  const { name } = live.object.metadata;
  if (metadata.name !== undefined && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  const { resourceVersion, uid } = metadata;
  if (uid !== undefined && uid !== '' && uid !== live.object.metadata.uid) {
    const have = live.object.metadata.uid;
    throw conflict(targetOf(call), `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${have}`);
  }
  const stale = resourceVersion !== undefined && resourceVersion !== '';
  if (stale && resourceVersion !== live.object.metadata.resourceVersion) {
    throw conflict(targetOf(call), OPTIMISTIC_LOCK);
  }
  const replicas = fieldsOf(scale, 'spec').replicas;
  if (typeof replicas === 'number' && replicas < 0) throw negative(call, replicas);
}

function negative(call: Call, replicas: number): Error {
  const detail = 'must be greater than or equal to 0';
  const error = invalidField('spec.replicas', replicas, detail);
  return invalid({ group: 'autoscaling', resource: 'scales', kind: 'Scale', name: call.request.name }, [error]);
}

function storeParent(call: Call, live: Entry, next: KubeObject, options: WriteOptions): Answer {
  return scaleAnswer(call, updateObject(call, { live, next, subresource: '', owned: true }, options));
}
