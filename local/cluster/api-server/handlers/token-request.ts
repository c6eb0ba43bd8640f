/** POST of a service account's `token`: a token for those who shall ask in its name. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { decodeBody } from '../../objects/schema/decode.ts';
import { enforcePolicies } from '../admission/policies/enforce.ts';
import { ISSUER } from '../auth/service-account-tokens.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import type { Answer } from '../http/answer.ts';
import { answerOf } from '../http/answer.ts';
import { type Fields, fieldsOf, isFields, numberOf, textOf } from '../resources/fields.ts';
import { invalidField } from '../resources/validation.ts';
import { badRequest, conflict, invalid, notFound } from '../status.ts';
import { mediaTypeOf } from '../write/decode.ts';
import { timeOf } from '../write/metadata.ts';
import { writeOptionsOf } from '../write/write-options.ts';
import { entryOfCall } from './read.ts';

const API_VERSION = 'authentication.k8s.io/v1';
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;
const USUAL_SECONDS = 3600;

export function requestToken(call: Call): Answer {
  const { dryRun } = writeOptionsOf(call);
  const { value } = decodeBody(call.body.text, mediaTypeOf(call));
  const body: Fields = isFields(value) ? value : {};
  const wish = fieldsOf(body, 'spec');
  const object = { apiVersion: API_VERSION, kind: 'TokenRequest', ...body, metadata: fieldsOf(body, 'metadata') };
  enforcePolicies(call, { operation: 'CREATE', object, oldObject: undefined, dryRun });
  const expirationSeconds = numberOf(wish, 'expirationSeconds', USUAL_SECONDS);
  checkDuration(expirationSeconds);
  const account = entryOfCall(call).object;
  const reference = isFields(wish.boundObjectRef) ? wish.boundObjectRef : undefined;
  const bound = reference === undefined ? undefined : boundObject(call, reference);
  const given = Array.isArray(wish.audiences) ? wish.audiences.map(String) : [];
  const audiences = given.length === 0 ? [ISSUER] : given;
  const { serviceAccounts, now } = call.cluster;
  const { token, expiresAtMs } = serviceAccounts.issue({
    account,
    audiences,
    expirationSeconds,
    ...(bound === undefined ? {} : { bound }),
  });
  const { name, namespace } = account.metadata;
  return answerOf(201, {
    kind: 'TokenRequest',
    apiVersion: API_VERSION,
    metadata: { name, namespace, creationTimestamp: timeOf(now()) },
    spec: { audiences, expirationSeconds, boundObjectRef: reference ?? null },
    status: { token, expirationTimestamp: timeOf(expiresAtMs) },
  });
}

function checkDuration(seconds: number): void {
  const long = seconds > MOST_SECONDS;
  if (seconds >= LEAST_SECONDS && !long) return;
  const detail = `may not specify a duration ${long ? 'larger than 2^32 seconds' : 'less than 10 minutes'}`;
  const error = invalidField('spec.expirationSeconds', seconds, detail);
  throw invalid({ group: 'authentication.k8s.io', resource: '', kind: 'TokenRequest', name: '' }, [error]);
}

const BINDABLE: { readonly [kind: string]: string } = { Pod: 'pods', Secret: 'secrets' };

function boundObject(call: Call, reference: Fields): { kind: 'Pod' | 'Secret'; object: KubeObject } {
  const kind = textOf(reference, 'kind');
  const version = textOf(reference, 'apiVersion');
  const resource = version === 'v1' ? BINDABLE[kind] : undefined;
  if (resource === undefined) throw badRequest(`cannot bind token to object of type ${version}, Kind=${kind}`);
  const name = textOf(reference, 'name');
  const { namespace, name: account } = call.request;
  const target = { ...targetOf(call), resource, kind, name };
  const object = call.cluster.store.get({ bucket: resource, namespace, name })?.object;
  if (object === undefined) throw notFound(target);
  if (kind === 'Pod' && textOf(fieldsOf(object, 'spec'), 'serviceAccountName') !== account) {
    const whose = `serviceaccount ${JSON.stringify(account)}`;
    throw badRequest(`cannot bind token for ${whose} to pod running with different serviceaccount name.`);
  }
  const uid = textOf(reference, 'uid');
  if (uid !== '' && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ ...target, resource: kind }, why);
  }
  return { kind: kind as 'Pod' | 'Secret', object };
}
