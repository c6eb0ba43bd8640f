/** The birth of an object. */

import type { Writer } from '../../objects/apply/server-side-apply.ts';
import { trackUpdate } from '../../objects/apply/server-side-apply.ts';
import { defaultCustomObject, validateCustomObject } from '../../objects/crd/custom-object.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { RequestError } from '../../objects/request-error.ts';
import { encodedObject } from '../../objects/schema/encoded-object.ts';
import { admitCreate } from '../admission/admission.ts';
import { enforcePolicies } from '../admission/policies/enforce.ts';
import { denial } from '../authorization/authorizer.ts';
import type { Call } from '../cluster.ts';
import { keyOf, targetOf } from '../cluster.ts';
import { keptForm, servedForm } from '../resources/resource.ts';
import { dnsSubdomainProblems, validateMeta } from '../resources/validation.ts';
import { alreadyExists, invalid } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { entryOf } from '../store/entry.ts';
import { generatedName, setNamespace, stampNew, timeOf } from './metadata.ts';
import type { WriteOptions } from './write-options.ts';

/**
 * Stores `decoded`, as it was served, as a new object.
 * @param owned true when its managedFields are set already, by server-side apply
 */
export function createObject(call: Call, decoded: KubeObject, options: WriteOptions, owned = false): Entry {
  const { resource, cluster } = call;
  const next = withDefaults(call, decoded);
  const meta = next.metadata;
  setNamespace(meta, resource.namespaced ? call.request.namespace : '');
  if (meta.resourceVersion !== undefined && meta.resourceVersion !== '') {
    throw new RequestError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  stampNew(meta, cluster.now());
  const generate = meta.generateName;
  if ((meta.name ?? '') === '' && typeof generate === 'string' && generate !== '') meta.name = generatedName(generate);
  const status = next.status;
  if (resource.subresources.includes('status')) delete next.status;
  const by = { manager: options.manager, now: timeOf(cluster.now()), subresource: '' };
  const tracked = owned ? next : trackedObject(call, undefined, next, by);
  if (resource.strategy.keepsStatus === true && status !== undefined) tracked.status = status;
  const object = prepared(call, tracked);
  enforcePolicies(call, { operation: 'CREATE', object, oldObject: undefined, dryRun: options.dryRun });
  return store(call, object, options);
}

/** Throws a 403 when the user may write the object but not make it: for requests that make what is not there. */
export function checkMayCreate({ cluster, user, request }: Call): void {
  const { plural: resource, rest: _rest, ...place } = request;
  const attributes = { ...place, verb: 'create', resource };
  const decision = cluster.authorizer.authorize(user, attributes);
  if (!decision.allowed) throw denial(user, attributes, decision);
}

/** In the form that is kept, with the kind's defaults; a copy that may be written to. */
export function withDefaults({ resource }: Pick<Call, 'resource'>, decoded: KubeObject): KubeObject {
  const { schema, strategy } = resource;
  const complete = schema.builtin
    ? encodedObject(schema, decoded)
    : structuredClone(defaultCustomObject(schema, decoded));
  const next = keptForm(resource, complete);
  strategy.setDefaults?.(next);
  return next;
}

/** `next` with its managedFields. Both objects are in the form that is kept; ownership is told in the one that is served. */
export function trackedObject(
  { resource }: Pick<Call, 'resource'>,
  old: KubeObject | undefined,
  next: KubeObject,
  by: Writer,
): KubeObject {
  const before = old === undefined ? undefined : servedForm(resource, old);
  return keptForm(resource, trackUpdate(resource.schema, before, servedForm(resource, next), by));
}

/** With what admission and the kind add, and found to be valid. */
function prepared(call: Call, next: KubeObject): KubeObject {
  const { strategy } = call.resource;
  strategy.prepareForCreate?.(next);
  if (strategy.counted === true) next.metadata.generation = 1;
  strategy.setDefaults?.(next);
  if (call.resource.schema.builtin && call.resource.subresources.includes('status')) next.status ??= {};
  const admitted = admitCreate(call, next);
  validateNew(call, admitted);
  call.warnings.push(...(strategy.warnings?.(admitted) ?? []));
  return admitted;
}

function validateNew(call: Call, next: KubeObject): void {
  const { strategy, schema } = call.resource;
  const errors = [
    ...validateMeta(next.metadata, strategy.validateName ?? dnsSubdomainProblems, schema.builtin),
    ...(strategy.validate?.(next) ?? []),
    ...(schema.builtin ? [] : validateCustomObject(schema, servedForm(call.resource, next))),
  ];
  if (errors.length > 0) throw invalid({ ...targetOf(call), name: next.metadata.name ?? '' }, errors);
}

function store(call: Call, next: KubeObject, { dryRun }: WriteOptions): Entry {
  const { name = '' } = next.metadata;
  const key = keyOf(call, name);
  const existing = call.cluster.store.get(key);
  if (existing !== undefined) {
    const target = { ...targetOf(call), name };
    throw alreadyExists(target, existing.object.metadata.deletionTimestamp !== undefined);
  }
  if (!dryRun) return call.cluster.store.put(key, next);
  const entry = entryOf(next, 0);
  delete entry.object.metadata.resourceVersion;
  return { ...entry, json: JSON.stringify(entry.object) };
}
