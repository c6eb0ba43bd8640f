/** What all handlers work with, and what one of them is given. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Log } from '#platform/process/log.ts';
import type { Realism } from '../realism/realism.ts';
import type { Policies } from './admission/policies/policies.ts';
import type { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import type { User } from './auth/users.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import type { Accepted } from './http/accept.ts';
import type { Body } from './http/body.ts';
import type { ResourceRequest } from './http/request-info.ts';
import type { Registry } from './resources/registry.ts';
import type { Resource } from './resources/resource.ts';
import type { Target } from './status.ts';
import type { Store } from './store/store.ts';

export interface Cluster {
  readonly store: Store;
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly serviceAccounts: ServiceAccountTokens;
  readonly policies: Policies;
  readonly log: Log;
  /** Absent: nothing is later than it has to be. */
  readonly realism?: Realism | undefined;
  /** Milliseconds since 1970. */
  now(): number;
}

/** One request for a resource that is served. */
export interface Call {
  readonly cluster: Cluster;
  readonly resource: Resource;
  readonly request: ResourceRequest;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly accepted: Accepted;
  readonly user: User;
  /** What the client is warned of; handlers add to it. */
  readonly warnings: string[];
  /** What the audit event of the request says besides; handlers add to it. */
  readonly auditAnnotations: Map<string, string>;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
  readonly body: Body;
}

/** What is needed to change objects of a resource, by a request or by the server itself. */
export type Scope = Pick<Call, 'cluster' | 'resource' | 'request'>;

export function targetOf(call: Pick<Call, 'resource' | 'request'>): Target {
  const { group, plural, kind } = call.resource;
  return { group, resource: plural, kind, name: call.request.name };
}

/** Of a request, or of the object `name` that it makes. */
export function keyOf({ resource, request }: Pick<Call, 'resource' | 'request'>, name = request.name) {
  return { bucket: resource.bucket, namespace: resource.namespaced ? request.namespace : '', name };
}
