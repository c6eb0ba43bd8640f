/** Who may do what. */
import type { User } from '../auth/users.ts';
import { forbidden } from '../status.ts';
import type { Attributes } from './attributes.ts';
import type { PolicyRule } from './rule.ts';

export interface Decision {
  allowed: boolean;
  /** By what it is allowed, or what kept it from being found out; may be empty. */
  reason: string;
}

export interface Authorizer {
  authorize(user: User, attributes: Attributes): Decision;
  /** What `user` may do in `namespace`, and what kept some of it from being found out. */
  rulesFor(user: User, namespace: string): { rules: PolicyRule[]; problems: string[] };
}

/** The 403 of a request that is not allowed. */
export function denial(user: User, attributes: Attributes, { reason }: Decision): Error {
  const who = `User ${JSON.stringify(user.name)} cannot ${attributes.verb}`;
  const why = reason === '' ? '' : `: ${reason}`;
  if (attributes.path !== undefined) {
    return forbidden(NOTHING, `${safe(`${who} path ${JSON.stringify(attributes.path)}`)}${why}`);
  }
  const { group, resource, subresource, namespace, name } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const text = `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
  return forbidden({ group, resource, kind: '', name }, `${safe(text)}${why}`);
}

const NOTHING = { group: '', resource: '', kind: '', name: '' };

/** What a client made up is shown in no browser as anything but text. */
function safe(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
