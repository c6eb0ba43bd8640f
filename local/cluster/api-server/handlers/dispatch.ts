/** From a request for a resource to the handler that answers it. */
import type { ServerResponse } from 'node:http';
import { RequestError } from '../../objects/request-error.ts';
import { checkDeletable } from '../admission/namespace.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { isTerminating } from '../crd/conditions.ts';
import { DEFINITIONS } from '../crd/lifecycle.ts';
import { verbsOf } from '../discovery/discovery.ts';
import type { Answer } from '../http/answer.ts';
import { groupResource, methodNotAllowed, noSuchPath, notFound } from '../status.ts';
import { listOptionsOf } from './list-options.ts';
import { sendLog } from './log.ts';
import { patchOne } from './patch.ts';
import { bindPod, evictPod, finalizeNamespace } from './pod-actions.ts';
import { getObject, listObjects } from './read.ts';
import { handleScale } from './scale.ts';
import { requestToken } from './token-request.ts';
import { watchObjects } from './watch.ts';
import { createOne, deleteMany, deleteOne, replaceOne } from './write.ts';

/** `undefined`: the handler answers by itself, over time. */
export async function dispatch(call: Call, response: ServerResponse): Promise<Answer | undefined> {
  const { name, subresource } = call.request;
  if (subresource !== '') return onSubresource(call, response);
  return name === '' ? onCollection(call, response) : onObject(call);
}

function onCollection(call: Call, response: ServerResponse): Answer | undefined {
  switch (call.method) {
    case 'GET': {
      const options = listOptionsOf(call.query);
      if (!options.watch) return listObjects(call, options);
      watchObjects(call, options, response);
      return undefined;
    }
    case 'POST':
      checkCreatable(call);
      return createOne(call);
    case 'DELETE':
      if (!verbsOf(call.resource).includes('deletecollection')) throw methodNotAllowed();
      return deleteMany(call);
    default:
      throw methodNotAllowed();
  }
}

function onObject(call: Call): Answer {
  switch (call.method) {
    case 'GET':
      return getObject(call);
    case 'PUT':
      return replaceOne(call, '');
    case 'PATCH':
      return patchOne(call, '');
    case 'DELETE':
      checkDeletable(call);
      return deleteOne(call);
    default:
      throw methodNotAllowed();
  }
}

async function onSubresource(call: Call, response: ServerResponse): Promise<Answer | undefined> {
  const { request, resource } = call;
  if (!resource.subresources.includes(request.subresource)) {
    throw resource.schema.builtin ? noSuchPath() : notFound(targetOf(call));
  }
  switch (request.subresource) {
    case 'status':
      return onStatus(call);
    case 'scale':
      return handleScale(call);
    case 'log':
      await sendLog(call, response);
      return undefined;
    default:
      return onAction(call);
  }
}

function onStatus(call: Call): Answer {
  if (call.method === 'GET') return getObject(call);
  if (call.method === 'PUT') return replaceOne(call, 'status');
  if (call.method === 'PATCH') return patchOne(call, 'status');
  throw methodNotAllowed();
}

function onAction(call: Call): Answer {
  switch (`${call.method} ${call.request.subresource}`) {
    case 'POST eviction':
      return evictPod(call);
    case 'POST binding':
      return bindPod(call);
    case 'POST token':
      return requestToken(call);
    case 'PUT finalize':
      return finalizeNamespace(call);
    default:
      throw methodNotAllowed();
  }
}

/** While the instances of a definition are being removed, no new one is made. Objects are made in one namespace. */
function checkCreatable({ cluster, resource, request }: Call): void {
  if (resource.namespaced && request.namespace === '') throw methodNotAllowed();
  const definition = cluster.store.get({ bucket: DEFINITIONS, namespace: '', name: resource.bucket })?.object;
  if (definition === undefined || !isTerminating(definition)) return;
  const target = groupResource({ group: resource.group, resource: resource.plural });
  throw new RequestError(
    405,
    'MethodNotAllowed',
    `create not allowed while custom resource definition is terminating (${target})`,
  );
}
