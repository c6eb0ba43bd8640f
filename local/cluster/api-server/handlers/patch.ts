/** PATCH of an object or of its status, in the four ways there are. */
import { applyConfiguration } from '../../objects/apply/server-side-apply.ts';
import type { Json, JsonObject, KindSchema, KubeObject } from '../../objects/kind-schema.ts';
import { jsonPatch } from '../../objects/patch/json-patch.ts';
import { mergePatch } from '../../objects/patch/merge-patch.ts';
import { strategicMergePatch } from '../../objects/patch/strategic-merge-patch.ts';
import { RequestError } from '../../objects/request-error.ts';
import { decodeBody } from '../../objects/schema/decode.ts';
import { strictDecodingError } from '../../objects/schema/strict.ts';
import type { Call } from '../cluster.ts';
import { keyOf, targetOf } from '../cluster.ts';
import type { Answer } from '../http/answer.ts';
import { presentObject } from '../present.ts';
import { isFields } from '../resources/fields.ts';
import { servedForm } from '../resources/resource.ts';
import { forbiddenField, invalidField, requiredField } from '../resources/validation.ts';
import { badRequest, conflict, invalid, invalidOptions, notFound, unsupportedMediaType } from '../status.ts';
import type { Entry } from '../store/entry.ts';
import { checkMayCreate, createObject } from '../write/create.ts';
import { judge, knownObject, withKind } from '../write/decode.ts';
import { setNamespace, timeOf } from '../write/metadata.ts';
import { updateObject } from '../write/update.ts';
import type { WriteOptions } from '../write/write-options.ts';
import { writeOptionsOf } from '../write/write-options.ts';
import { viewOf } from './read.ts';

type PatchType = 'json' | 'merge' | 'strategic' | 'apply';
const TYPES: readonly [string, PatchType][] = [
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/apply-patch+yaml', 'apply'],
  ['application/strategic-merge-patch+json', 'strategic'],
];

/** Throws a 415 for a type that the kind does not know, and a 422 for options that do not go with it. */
export function patchTypeOf({ body: { mediaType: media }, query }: Call, schema: KindSchema): PatchType {
  const known = TYPES.filter(([, type]) => schema.builtin || type !== 'strategic');
  const type = known.find(([name]) => name === media)?.[1];
  if (type === undefined) throw unsupportedMediaType(known.map(([name]) => name));
  const errors = [];
  if (type === 'apply' && (query.get('fieldManager') ?? '') === '') {
    errors.push(requiredField('fieldManager', 'is required for apply patch'));
  }
  if (type !== 'apply' && query.has('force')) {
    errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  }
  if (errors.length > 0) throw invalidOptions('PatchOptions', errors);
  return type;
}

export function patchOne(call: Call, subresource: '' | 'status'): Answer {
  const type = patchTypeOf(call, call.resource.schema);
  const options = writeOptionsOf(call);
  const live = call.cluster.store.get(keyOf(call));
  if (type === 'apply') return applyOne(call, live, { options, subresource });
  if (live === undefined) throw notFound(targetOf(call));
  const next = patchedObject(
    call,
    { schema: call.resource.schema, live: servedForm(call.resource, live.object) },
    type,
    options,
  );
  const entry = updateObject(call, { live, next, subresource }, options);
  return { code: 200, json: presentObject(entry, viewOf(call)) };
}

/** `live` with the patch of this call laid over it. */
export function patchedObject(
  call: Call,
  { schema, live }: { schema: KindSchema; live: KubeObject },
  type: PatchType,
  { fieldValidation }: WriteOptions,
): KubeObject {
  const { value, duplicates } = decodeBody(call.body.text, 'application/json');
  const patched = patchedJson(schema, live, value, type);
  const { object, problems } = knownPatched(patched, schema);
  const refuse = (all: string[]) => patchError(patched, strictDecodingError(all).message);
  const said = type === 'json' ? duplicates.map((problem) => `json patch ${problem}`) : duplicates;
  judge([...said, ...problems], { fieldValidation, warnings: call.warnings, refuse });
  return object;
}

/** What a patch makes is the patch's fault. Throws a 422. */
function knownPatched(patched: Json, schema: KindSchema): ReturnType<typeof knownObject> {
  try {
    return knownObject(patched, schema);
  } catch (error) {
    if (error instanceof RequestError && error.code === 400)
      throw patchError(patched, error.message.replace(/^.*?: /, ''));
    throw error;
  }
}

function patchError(patched: Json, detail: string): RequestError {
  const nothing = { group: '', resource: '', kind: '', name: '' };
  return invalid(nothing, [invalidField('patch', JSON.stringify(patched), detail)]);
}

/** Any object with a patch laid over it. */
function patchedJson(schema: KindSchema, live: KubeObject, patch: Json, type: PatchType): Json {
  const document = live as unknown as JsonObject;
  if (type === 'json') return jsonPatch(document, patch);
  if (type === 'merge') return mergePatch(document, patch);
  if (!isFields(patch)) throw badRequest('a strategic merge patch has to be an object');
  return strategicMergePatch(schema, document, patch as JsonObject);
}

interface Applying {
  options: WriteOptions;
  subresource: '' | 'status';
}

/** Server-side apply. */
function applyOne(call: Call, live: Entry | undefined, { options, subresource }: Applying): Answer {
  const { resource, cluster } = call;
  const config = configOf(call, resource.schema, options);
  if (live === undefined && subresource !== '') throw notFound(targetOf(call));
  checkPreconditions(call, config, live);
  const applied = reduced(config, call, subresource);
  const by = { manager: options.manager, now: timeOf(cluster.now()), subresource, force: options.force };
  const merged = applyConfiguration(
    resource.schema,
    live === undefined ? undefined : servedForm(resource, live.object),
    applied,
    by,
  );
  if (live === undefined) {
    checkMayCreate(call);
    const entry = createObject(call, merged, options, true);
    return { code: 201, json: presentObject(entry, viewOf(call)) };
  }
  const next = {
    ...merged,
    metadata: { ...merged.metadata, resourceVersion: live.object.metadata.resourceVersion },
  };
  const entry = updateObject(call, { live, next, subresource, owned: true }, options);
  return { code: 200, json: presentObject(entry, viewOf(call)) };
}

/** The body as it is: what it names is what its manager owns, so nothing is dropped or filled in. */
export function configOf(call: Call, schema: KindSchema, { fieldValidation }: WriteOptions): KubeObject {
  const { value, duplicates } = decodeBody(call.body.text, 'application/yaml');
  const { resource, request, warnings } = call;
  const refuse = (problems: string[]) => badRequest(`error strict decoding patch: ${problems.join(', ')}`);
  judge(duplicates, { fieldValidation, warnings, refuse });
  const config = withKind(value, schema);
  if (!isFields(value) || !value.kind || !value.apiVersion) throw untyped(value);
  const metadata = { ...config.metadata, name: config.metadata.name ?? request.name };
  if (metadata.name !== request.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${request.name})`);
  }
  // The namespace is the path's; the configuration stays as it is, which is what its manager owns.
  if (resource.namespaced) setNamespace({ ...metadata }, request.namespace);
  return { ...config, metadata };
}

function checkPreconditions(call: Call, { metadata }: KubeObject, live: Entry | undefined): void {
  const uid = metadata.uid;
  const revision = metadata.resourceVersion;
  if (typeof uid === 'string' && uid !== '' && uid !== live?.object.metadata.uid) {
    const why =
      live === undefined
        ? ', and no existing object was found'
        : ` but the live object's is ${live.object.metadata.uid}`;
    throw conflict(targetOf(call), `uid mismatch: the provided object specified uid ${uid}${why}`);
  }
  const stale = typeof revision === 'string' && revision !== '' && revision !== live?.object.metadata.resourceVersion;
  if (stale && live !== undefined) {
    throw conflict(
      targetOf(call),
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}

function untyped(value: Json): Error {
  const { apiVersion = '', kind = '' } = isFields(value) ? value : {};
  return badRequest(`invalid object type: ${apiVersion || '/'}, Kind=${kind}`);
}

/** Without what this path does not write: status here, all else under `/status`. */
function reduced(config: KubeObject, { resource }: Call, subresource: '' | 'status'): KubeObject {
  const { kind, apiVersion, status, ...rest } = config;
  const { uid: _uid, resourceVersion: _revision, ...metadata } = config.metadata;
  if (subresource === 'status') {
    const { name, namespace } = metadata;
    const bare = { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) };
    return { kind, apiVersion, metadata: bare, ...(status === undefined ? {} : { status }) };
  }
  const kept = resource.subresources.includes('status') || status === undefined ? {} : { status };
  return { kind, apiVersion, ...rest, metadata, ...kept };
}
