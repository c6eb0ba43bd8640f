/** What is written of a request: audit.k8s.io/v1 Event, level Metadata. */
import type { User } from '../auth/users.ts';
import type { Attributes } from '../authorization/attributes.ts';
import type { Decision } from '../authorization/authorizer.ts';
import type { Status } from '../status.ts';

interface AuditUser {
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export interface AuditEvent {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  level: 'Metadata';
  auditID: string;
  /** `ResponseStarted` of what takes as long as the client wants (watches, logs); `ResponseComplete` of every request. */
  stage: 'ResponseStarted' | 'ResponseComplete';
  requestURI: string;
  verb: string;
  user: AuditUser;
  impersonatedUser?: AuditUser;
  sourceIPs: string[];
  userAgent?: string;
  /** Absent: no resource is asked for. */
  objectRef?: {
    resource: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion?: string;
    subresource?: string;
  };
  responseStatus: Partial<Pick<Status, 'status' | 'message' | 'reason' | 'details'>> & {
    metadata: object;
    code: number;
  };
  /** RFC 3339 with microseconds. */
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations: { [name: string]: string };
}

/** What is known of a request when an event of it is written. */
interface AuditFacts {
  id: string;
  stage: AuditEvent['stage'];
  receivedMs: number;
  nowMs: number;
  uri: string;
  sourceIP: string;
  userAgent: string;
  /** `undefined`: the path is malformed. */
  attributes: Attributes | undefined;
  /** `undefined`: nobody that is known. */
  user: User | undefined;
  impersonated: User | undefined;
  decision: Decision | undefined;
  code: number;
  /** Of a refusal. */
  status: Status | undefined;
  /** Besides those of the decision. */
  annotations: ReadonlyMap<string, string>;
}

const LONGEST_USER_AGENT = 1024;

export function auditEvent(facts: AuditFacts): AuditEvent {
  const { attributes, impersonated } = facts;
  const userAgent = facts.userAgent.slice(0, LONGEST_USER_AGENT);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: facts.id,
    stage: facts.stage,
    requestURI: facts.uri,
    verb: attributes?.verb ?? '',
    user: facts.user === undefined ? { username: '' } : auditUser(facts.user),
    ...(impersonated === undefined ? {} : { impersonatedUser: auditUser(impersonated) }),
    sourceIPs: [facts.sourceIP],
    ...(userAgent === '' ? {} : { userAgent }),
    ...objectRef(attributes),
    responseStatus: responseStatus(facts),
    requestReceivedTimestamp: microTime(facts.receivedMs),
    stageTimestamp: microTime(facts.nowMs),
    annotations: { ...annotations(facts.decision), ...Object.fromEntries(facts.annotations) },
  };
}

function auditUser({ name, uid, groups, extra }: User): AuditUser {
  return { username: name, ...(uid === '' ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function objectRef(attributes: Attributes | undefined): Pick<AuditEvent, 'objectRef'> {
  if (attributes === undefined || attributes.path !== undefined) return {};
  const { resource, namespace, name, group, version, subresource } = attributes;
  return {
    objectRef: {
      resource,
      ...(namespace === '' ? {} : { namespace }),
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { apiGroup: group }),
      apiVersion: version,
      ...(subresource === '' ? {} : { subresource }),
    },
  };
}

function responseStatus({ code, status }: AuditFacts): AuditEvent['responseStatus'] {
  if (status === undefined) return { metadata: {}, code };
  const { kind: _kind, apiVersion: _version, metadata: _metadata, ...rest } = status;
  return { metadata: {}, ...rest, code };
}

function annotations(decision: Decision | undefined): AuditEvent['annotations'] {
  if (decision === undefined) return {};
  return {
    'authorization.k8s.io/decision': decision.allowed ? 'allow' : 'forbid',
    'authorization.k8s.io/reason': decision.reason,
  };
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
