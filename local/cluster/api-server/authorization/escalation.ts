/** Nobody gives rights that he does not hold: what a real server asks of who writes roles and bindings. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { ADMINISTRATORS, type User } from '../auth/users.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { type Fields, fieldsOf, listOf, semanticallyEqual, textOf } from '../resources/fields.ts';
import { forbidden, notFound } from '../status.ts';
import type { Attributes } from './attributes.ts';
import { type PolicyRule, ruleAllows } from './rule.ts';

const GROUP = 'rbac.authorization.k8s.io';
/** A refusal names so many missing rights at most. */
const MOST_MISSING = 100;

/** One verb on one resource, or path, of a rule. `name` is undefined for all names. */
interface Right {
  verb: string;
  group?: string;
  resource?: string;
  name?: string | undefined;
  path?: string;
}

/** Throws a 403 for a role, or a binding to one, with rights that the writer lacks; a 404 where the role is not there. */
export function checkNoEscalation(call: Call, next: KubeObject, old?: KubeObject): void {
  const { group, kind } = call.resource;
  if (group !== GROUP || call.user.groups.includes(ADMINISTRATORS)) return;
  if (old !== undefined && onlyCollected(next, old)) return;
  if (kind === 'Role' || kind === 'ClusterRole') {
    if (!may(call, 'escalate', { kind, name: call.request.name })) confirm(call, next, rulesIn(next));
    return;
  }
  const role = fieldsOf(next, 'roleRef');
  const ref = { kind: textOf(role, 'kind'), name: textOf(role, 'name') };
  if (!may(call, 'bind', ref)) confirm(call, next, rulesIn(referenced(call, ref)));
}

/** The garbage collector may release what it holds. */
function onlyCollected(next: KubeObject, old: KubeObject): boolean {
  const rest = ({ metadata, ...fields }: KubeObject): Fields => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managers, ...kept } = metadata;
    return { ...fields, metadata: kept };
  };
  return semanticallyEqual(rest(next), rest(old));
}

interface RoleRef {
  kind: string;
  name: string;
}

function may({ cluster, user, request }: Call, verb: string, { kind, name }: RoleRef): boolean {
  const { namespace } = request;
  const resource = `${kind.toLowerCase()}s`;
  const attributes = { verb, group: GROUP, version: 'v1', resource, subresource: '', namespace, name };
  return cluster.authorizer.authorize(user, attributes).allowed;
}

function referenced(call: Call, { kind, name }: RoleRef): KubeObject {
  const resource = `${kind.toLowerCase()}s`;
  const namespace = kind === 'Role' ? call.request.namespace : '';
  const role = call.cluster.store.get({ bucket: `${resource}.${GROUP}`, namespace, name });
  if (role === undefined) throw notFound({ group: GROUP, resource, kind, name });
  return role.object;
}

const rulesIn = (role: KubeObject): PolicyRule[] => listOf(role, 'rules') as PolicyRule[];

function confirm(call: Call, next: KubeObject, rules: readonly PolicyRule[]): void {
  const { user, cluster, request } = call;
  const held = cluster.authorizer.rulesFor(user, request.namespace).rules;
  const missing = missingRights(held, rules);
  if (missing.length === 0) return;
  throw forbidden({ ...targetOf(call), name: next.metadata.name ?? '' }, refusal(user, missing));
}

/** What `rules` give and `held` do not; a hundred of them at most. */
export function missingRights(held: readonly PolicyRule[], rules: readonly PolicyRule[]): Right[] {
  const missing: Right[] = [];
  for (const right of rightsOf(rules)) {
    const asked = attributesOf(right);
    if (held.some((rule) => ruleAllows(rule, asked))) continue;
    if (missing.push(right) === MOST_MISSING) break;
  }
  return missing;
}

function* rightsOf(rules: readonly PolicyRule[]): Generator<Right> {
  for (const rule of rules) {
    for (const right of subjectsOf(rule)) for (const verb of rule.verbs ?? []) yield { verb, ...right };
  }
}

/** What a rule is about: each of its resources, of each group, by each name, and each of its paths. */
function subjectsOf({ apiGroups = [], resources = [], resourceNames, nonResourceURLs = [] }: PolicyRule) {
  const names = resourceNames?.length ? resourceNames : [undefined];
  const about = apiGroups.flatMap((group) =>
    resources.flatMap((resource) => names.map((name) => ({ group, resource, name }))),
  );
  return [...about, ...nonResourceURLs.map((path) => ({ path }))];
}

/** As if that very right were asked for: a star is allowed by a star alone. */
function attributesOf({ verb, group = '', resource: both = '', name = '', path }: Right): Attributes {
  if (path !== undefined) return { verb, path };
  const [resource = '', subresource = ''] = both.split('/');
  return { verb, group, version: '', resource, subresource, namespace: '', name };
}

function refusal({ name, groups }: User, missing: readonly Right[]): string {
  const verbs = new Map<string, string[]>();
  for (const right of missing) {
    const of = describe(right);
    verbs.set(of, [...(verbs.get(of) ?? []), right.verb]);
  }
  const lines = [...verbs].map(([of, list]) => `{${of}, Verbs:${quoted(list)}}`).sort();
  const who = `user ${JSON.stringify(name)} (groups=${quoted(groups)})`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
}

function describe({ group, resource, name, path }: Right): string {
  if (path !== undefined) return `NonResourceURLs:${quoted([path])}`;
  const named = name === undefined ? '' : `, ResourceNames:${quoted([name])}`;
  return `APIGroups:${quoted([group ?? ''])}, Resources:${quoted([resource ?? ''])}${named}`;
}

/** As Go prints a list of texts with %q. */
const quoted = (list: readonly string[]): string => `[${list.map((text) => JSON.stringify(text)).join(' ')}]`;
