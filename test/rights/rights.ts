/** What a service account may do, and what it did: rights as RBAC grants them and as audit lines show them. Pure. */

/** One verb on one resource. */
export interface Right {
  /** `` for the core group. */
  group: string;
  /** With its subresource: `deployments/scale`. */
  resource: string;
  verb: string;
  /** Where: in the namespace of operator and gateway alone, or anywhere. */
  scope: 'system' | 'anywhere';
}

/** A line of an API server's audit log, as far as it matters here (audit.k8s.io/v1, Event). */
export interface AuditEvent {
  verb: string;
  user: { username: string };
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  annotations?: Record<string, string>;
}

/** A Role or ClusterRole with where it is bound. */
export interface Grant {
  rules: readonly { apiGroups?: readonly string[]; resources?: readonly string[]; verbs: readonly string[] }[];
  /** Undefined: in all namespaces. */
  namespace: string | undefined;
}

/** Every single right that the grants give, once. */
export function grantedRights(grants: readonly Grant[], systemNamespace: string): Right[] {
  const all = grants.flatMap(({ rules, namespace }) =>
    rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => rightOf({ group, resource, verb }, namespace, systemNamespace)),
        ),
      ),
    ),
  );
  return unique(all);
}

/** Every right that `user` made use of, once. What was refused is no use. */
export function usedRights(events: readonly AuditEvent[], user: string, systemNamespace: string): Right[] {
  const mine = events.filter((event) => event.user.username === user && !isRefused(event));
  return unique(mine.flatMap((event) => rightsOf(event, systemNamespace)));
}

/** What `user` asked for and RBAC refused. */
export function refusedRights(events: readonly AuditEvent[], user: string, systemNamespace: string): Right[] {
  const refused = events.filter((event) => event.user.username === user && isRefused(event));
  return unique(refused.flatMap((event) => rightsOf(event, systemNamespace)));
}

/** Of `granted`, those without a use that needs them. */
export function unusedRights(granted: readonly Right[], used: readonly Right[]): Right[] {
  const uses = new Set(used.map(textOf));
  return granted.filter((right) => !uses.has(textOf(right)));
}

/** `apps deployments/scale patch (anywhere)` */
export function textOf({ group, resource, verb, scope }: Right): string {
  return `${group === '' ? 'core' : group} ${resource} ${verb} (${scope})`;
}

function rightsOf({ verb, objectRef, responseStatus }: AuditEvent, systemNamespace: string): Right[] {
  const { apiGroup = '', resource, subresource, namespace } = objectRef ?? {};
  if (resource === undefined) return [];
  const name = subresource === undefined ? resource : `${resource}/${subresource}`;
  const right = rightOf({ group: apiGroup, resource: name, verb }, namespace, systemNamespace);
  // An apply that makes its object needs the right to create as well.
  const creates = verb === 'patch' && responseStatus?.code === 201;
  return creates ? [right, { ...right, verb: 'create' }] : [right];
}

function rightOf(what: Omit<Right, 'scope'>, namespace: string | undefined, systemNamespace: string): Right {
  return { ...what, scope: namespace === systemNamespace ? 'system' : 'anywhere' };
}

function isRefused({ annotations, responseStatus }: AuditEvent): boolean {
  const decision = annotations?.['authorization.k8s.io/decision'];
  return decision === undefined ? responseStatus?.code === 403 : decision !== 'allow';
}

function unique(rights: readonly Right[]): Right[] {
  return [...new Map(rights.map((right) => [textOf(right), right])).values()].sort((a, b) =>
    textOf(a) < textOf(b) ? -1 : 1,
  );
}
