/** From a request's body to an object of the kind that the path names. */
import type { Json, KindSchema, KubeObject } from '../../objects/kind-schema.ts';
import { decodeBody } from '../../objects/schema/decode.ts';
import { checkTypes, dropUnknownFields, strictDecodingError } from '../../objects/schema/strict.ts';
import type { Call } from '../cluster.ts';
import { PROTOBUF } from '../http/protobuf.ts';
import { isFields } from '../resources/fields.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import type { WriteOptions } from './write-options.ts';

const MEDIA = ['application/json', 'application/yaml'] as const;

/** The body of a POST or PUT. Throws a 400 or 415 for what is no object of `schema`. */
export function decodeObject(call: Call, schema: KindSchema, { fieldValidation }: WriteOptions): KubeObject {
  const { value, duplicates } = decodeBody(call.body.text, mediaTypeOf(call));
  const { object, problems } = knownObject(value, schema);
  const refuse = (all: string[]) => strictDecodingError(all, schema);
  judge([...duplicates, ...problems], { fieldValidation, warnings: call.warnings, refuse });
  return object;
}

/** What the client calls its body; JSON when it does not say. Throws a 415. */
export function mediaTypeOf({ body }: Pick<Call, 'body'>): 'application/json' | 'application/yaml' {
  const media = MEDIA.find((supported) => supported === (body.mediaType || 'application/json'));
  if (media === undefined) throw unsupportedMediaType([...MEDIA, PROTOBUF]);
  return media;
}

/** `value` as an object of `schema`, without the fields that it does not know: those are the problems. */
export function knownObject(value: Json, schema: KindSchema): { object: KubeObject; problems: string[] } {
  const object = withKind(value, schema);
  if (schema.builtin) checkTypes(schema, object as Json);
  const { object: known, unknown } = dropUnknownFields(schema, object);
  const metadata = isFields(known.metadata) ? { ...known.metadata } : {};
  return { object: { ...known, metadata }, problems: unknown };
}

interface Strictness {
  fieldValidation: WriteOptions['fieldValidation'];
  /** Warnings go here. */
  warnings: string[];
  /** The refusal of a strict client's problems. */
  refuse(problems: string[]): Error;
}

/** Refuses, warns of, or passes over what is wrong with a body, as the client asked. */
export function judge(problems: string[], { fieldValidation, warnings, refuse }: Strictness): void {
  if (problems.length > 0 && fieldValidation === 'Strict') throw refuse(problems);
  if (fieldValidation === 'Warn') warnings.push(...problems);
}

/** `value` with a kind and an apiVersion, which are those of `schema`. Throws a 400 when it says otherwise. */
export function withKind(value: Json, schema: KindSchema): KubeObject {
  if (!isFields(value)) throw badRequest('the body of the request is no object');
  const apiVersion = schema.group === '' ? schema.version : `${schema.group}/${schema.version}`;
  const given = { apiVersion: value.apiVersion || apiVersion, kind: value.kind || schema.kind };
  if (given.apiVersion !== apiVersion || given.kind !== schema.kind) throw wrongKind(given, { apiVersion, schema });
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = value;
  return { kind: schema.kind, apiVersion, metadata: isFields(metadata) ? metadata : {}, ...rest };
}

function wrongKind(
  given: { apiVersion: unknown; kind: unknown },
  { apiVersion, schema }: { apiVersion: string; schema: KindSchema },
): Error {
  const [version = '', group = ''] = String(given.apiVersion).split('/').reverse();
  if (given.kind !== schema.kind && given.apiVersion === apiVersion) {
    const into = `${schema.group === '' ? 'core' : schema.group.split('.')[0]}.${schema.kind}`;
    return badRequest(
      `${given.kind} in version ${JSON.stringify(version)} cannot be handled as a ${schema.kind}: converting (${version}.${given.kind}) to (${into}): unknown conversion`,
    );
  }
  const told = `${group === '' ? '' : `${group}/`}${version}, Kind=${given.kind}`;
  return badRequest(
    `the API version in the data (${given.apiVersion}) does not match the expected API version (${apiVersion}): got ${told}`,
  );
}
