/** What the expressions of a policy are given, under which names. */
import type { Environment } from '@marcbachmann/cel-js';
import { untyped } from '../../../objects/crd/rules/cel-types.ts';
import type { Json, KubeObject } from '../../../objects/kind-schema.ts';
import type { User } from '../../auth/users.ts';
import type { Attempt, GroupVersionKind, GroupVersionResource } from './attempt.ts';

/** As variables of CEL. */
export interface PolicyInputs {
  object: unknown;
  oldObject: unknown;
  request: object;
  /** null: the change is in no namespace. */
  namespaceObject: object | null;
}

/** A value whose fields are known when an expression is compiled. */
class Message {
  [field: string]: unknown;
}
class KindMessage extends Message {}
class ResourceMessage extends Message {}
class UserMessage extends Message {}
class RequestMessage extends Message {}
class NamespaceMessage extends Message {}

const KIND = 'kubernetes.GroupVersionKind';
const RESOURCE = 'kubernetes.GroupVersionResource';
const USER = 'kubernetes.UserInfo';
const REQUEST = 'kubernetes.AdmissionRequest';
const NAMESPACE = 'kubernetes.Namespace';

const TYPES: readonly { name: string; ctor: typeof Message; fields: { [field: string]: string } }[] = [
  { name: KIND, ctor: KindMessage, fields: { group: 'string', version: 'string', kind: 'string' } },
  { name: RESOURCE, ctor: ResourceMessage, fields: { group: 'string', version: 'string', resource: 'string' } },
  {
    name: USER,
    ctor: UserMessage,
    fields: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
  },
  {
    name: REQUEST,
    ctor: RequestMessage,
    fields: {
      ...{ kind: KIND, resource: RESOURCE, subResource: 'string' },
      ...{ requestKind: KIND, requestResource: RESOURCE, requestSubResource: 'string' },
      ...{ name: 'string', namespace: 'string', operation: 'string', userInfo: USER, dryRun: 'bool', options: 'dyn' },
    },
  },
  { name: NAMESPACE, ctor: NamespaceMessage, fields: { metadata: 'dyn', spec: 'dyn', status: 'dyn' } },
];

export function declareInputs(environment: Environment): Environment {
  for (const { name, ctor, fields } of TYPES) environment.registerType(name, { ctor, fields });
  return environment
    .registerVariable('object', 'dyn')
    .registerVariable('oldObject', 'dyn')
    .registerVariable('request', REQUEST)
    .registerVariable('namespaceObject', NAMESPACE);
}

interface Judged {
  attempt: Attempt;
  /** The resource and kind as which the policy is about the change, and its objects in that form. */
  matched: { resource: GroupVersionResource; kind: GroupVersionKind };
  object: KubeObject | undefined;
  oldObject: KubeObject | undefined;
  user: User;
  namespace: KubeObject | undefined;
  /** `kubectl-apply`; empty: the client did not say. */
  fieldManager: string;
}

export function inputsOf(judged: Judged): PolicyInputs {
  const { object, oldObject, namespace } = judged;
  return {
    object: celObject(object),
    oldObject: celObject(oldObject),
    request: requestOf(judged),
    namespaceObject: namespace === undefined ? null : namespaceOf(namespace),
  };
}

function celObject(object: KubeObject | undefined): unknown {
  return object === undefined ? null : untyped(object as unknown as Json);
}

/** What is empty is not there, as on the wire. */
function requestOf({ attempt, matched, user, fieldManager }: Judged): RequestMessage {
  const { operation, subresource, namespace, name, dryRun } = attempt;
  const { name: username, uid, groups, extra } = user;
  const option = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation];
  const sub = subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource };
  return Object.assign(new RequestMessage(), {
    kind: Object.assign(new KindMessage(), pick(matched.kind, ['group', 'version', 'kind'])),
    resource: Object.assign(new ResourceMessage(), matched.resource),
    requestKind: Object.assign(new KindMessage(), pick(attempt.kind, ['group', 'version', 'kind'])),
    requestResource: Object.assign(new ResourceMessage(), attempt.resource),
    ...sub,
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: Object.assign(new UserMessage(), {
      username,
      ...(uid === '' ? {} : { uid }),
      groups: [...groups],
      ...(extra === undefined ? {} : { extra }),
    }),
    dryRun,
    options: {
      kind: option,
      apiVersion: 'meta.k8s.io/v1',
      ...(fieldManager === '' ? {} : { fieldManager }),
    },
  });
}

const NAMESPACE_META = [
  ...['name', 'generateName', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp'],
  ...['deletionGracePeriodSeconds', 'labels', 'annotations', 'finalizers'],
];

function namespaceOf({ metadata, spec, status }: KubeObject): NamespaceMessage {
  const shown = { metadata: pick(metadata, NAMESPACE_META), spec: spec ?? {}, status: status ?? {} };
  return Object.assign(new NamespaceMessage(), untyped(shown as unknown as Json));
}

function pick(from: object, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(from).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
