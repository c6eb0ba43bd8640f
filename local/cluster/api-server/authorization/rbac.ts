/** Roles and their bindings, as they are in the store at the moment. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import { accountUserName } from '../auth/service-account-tokens.ts';
import type { User } from '../auth/users.ts';
import { type Fields, fieldsOf, listOf, textOf } from '../resources/fields.ts';
import type { Store } from '../store/store.ts';
import type { Attributes } from './attributes.ts';
import type { Authorizer, Decision } from './authorizer.ts';
import { type PolicyRule, ruleAllows } from './rule.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = `roles.${GROUP}`;
export const CLUSTER_ROLES = `clusterroles.${GROUP}`;
const ROLE_BINDINGS = `rolebindings.${GROUP}`;
export const CLUSTER_ROLE_BINDINGS = `clusterrolebindings.${GROUP}`;

/** Whose members are asked nothing. */
const PRIVILEGED = 'system:masters';

/** What one binding gives to one subject. */
interface Grant {
  /** `RBAC: allowed by` this. */
  source: string;
  rules: readonly PolicyRule[];
  /** Why there are no rules. */
  problem?: string;
}

/** Grants by where they hold (a namespace, or empty for everywhere), then by subject. */
type Index = ReadonlyMap<string, ReadonlyMap<string, readonly Grant[]>>;

/**
 * A decision looks at the grants of the user and of his groups alone; the index of them is made anew by the first
 * decision after a change of a role or binding.
 */
export class Rbac implements Authorizer, Disposable {
  readonly #store: Store;
  readonly #stops: (() => void)[];
  #index: Index | undefined;

  constructor(store: Store) {
    this.#store = store;
    const buckets = [ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS];
    this.#stops = buckets.map((bucket) =>
      store.listen(bucket, () => {
        this.#index = undefined;
      }),
    );
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
  }

  authorize(user: User, attributes: Attributes): Decision {
    if (user.groups.includes(PRIVILEGED)) return { allowed: true, reason: '' };
    const grants = this.#grantsOf(user, attributes.path === undefined ? attributes.namespace : '');
    const grant = grants.find(({ rules }) => rules.some((rule) => ruleAllows(rule, attributes)));
    if (grant !== undefined) return { allowed: true, reason: `RBAC: allowed by ${grant.source}` };
    const problems = grants.flatMap(({ problem }) => problem ?? []);
    return { allowed: false, reason: problems.length === 0 ? '' : `RBAC: ${aggregate(problems)}` };
  }

  rulesFor(user: User, namespace: string): { rules: PolicyRule[]; problems: string[] } {
    const grants = this.#grantsOf(user, namespace);
    return {
      rules: grants.flatMap(({ rules }) => rules),
      problems: grants.flatMap(({ problem }) => problem ?? []),
    };
  }

  #grantsOf(user: User, namespace: string): Grant[] {
    this.#index ??= indexOf(this.#store);
    const subjects = [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)];
    const scopes = namespace === '' ? [''] : ['', namespace];
    return scopes.flatMap((scope) => {
      const grants = this.#index?.get(scope);
      return grants === undefined ? [] : subjects.flatMap((subject) => grants.get(subject) ?? []);
    });
  }
}

function aggregate(problems: readonly string[]): string {
  const distinct = [...new Set(problems)];
  return distinct.length === 1 ? String(distinct[0]) : `[${distinct.join(', ')}]`;
}

function indexOf(store: Store): Index {
  const index = new Map<string, Map<string, Grant[]>>();
  for (const bucket of [CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS]) {
    for (const { object } of store.list(bucket, '')) {
      const scope = object.metadata.namespace ?? '';
      const grants = index.get(scope) ?? new Map<string, Grant[]>();
      index.set(scope, grants);
      for (const [subject, grant] of grantsOf(store, object)) {
        grants.set(subject, [...(grants.get(subject) ?? []), grant]);
      }
    }
  }
  return index;
}

function grantsOf(store: Store, binding: KubeObject): [string, Grant][] {
  const { name = '', namespace = '' } = binding.metadata;
  const role = fieldsOf(binding, 'roleRef');
  const kind = textOf(role, 'kind');
  const rules = rulesOf(store, { kind, name: textOf(role, 'name') }, namespace);
  const bound = namespace === '' ? name : `${name}/${namespace}`;
  return listOf(binding, 'subjects').flatMap((subject): [string, Grant][] => {
    const key = subjectKey(subject, namespace);
    if (key === undefined) return [];
    const to = `${kind} ${JSON.stringify(role.name)} to ${described(subject, namespace)}`;
    return [[key, { source: `${binding.kind} ${JSON.stringify(bound)} of ${to}`, ...rules }]];
  });
}

function rulesOf(
  store: Store,
  { kind, name }: { kind: string; name: string },
  namespace: string,
): Pick<Grant, 'rules' | 'problem'> {
  const bucket = { Role: ROLES, ClusterRole: CLUSTER_ROLES }[kind];
  if (bucket === undefined) return { rules: [], problem: `unsupported role reference kind: ${JSON.stringify(kind)}` };
  const role = store.get({ bucket, namespace: kind === 'Role' ? namespace : '', name })?.object;
  if (role !== undefined) return { rules: listOf(role, 'rules') as PolicyRule[] };
  return { rules: [], problem: `${kind.toLowerCase()}.${GROUP} ${JSON.stringify(name)} not found` };
}

/** Service accounts are users with a name of that form. */
function subjectKey(subject: Fields, bindingNamespace: string): string | undefined {
  const name = textOf(subject, 'name');
  if (subject.kind === 'User' || subject.kind === 'Group') return `${subject.kind} ${name}`;
  const namespace = textOf(subject, 'namespace') || bindingNamespace;
  if (subject.kind !== 'ServiceAccount' || namespace === '') return undefined;
  return `User ${accountUserName(namespace, name)}`;
}

function described(subject: Fields, bindingNamespace: string): string {
  const name = textOf(subject, 'name');
  const namespace = textOf(subject, 'namespace') || bindingNamespace;
  const shown = subject.kind === 'ServiceAccount' ? `${name}/${namespace}` : name;
  return `${textOf(subject, 'kind')} ${JSON.stringify(shown)}`;
}
