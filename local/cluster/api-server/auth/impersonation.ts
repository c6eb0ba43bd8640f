/** Headers with which one user asks as another. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ResourceAttributes } from '../authorization/attributes.ts';
import { badRequest } from '../status.ts';
import { accountGroups } from './service-account-tokens.ts';
import { ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, type User } from './users.ts';

interface Impersonation {
  user: User;
  /** What the one who asks has to be allowed, all of it. */
  needs: readonly ResourceAttributes[];
}

const EXTRA = 'impersonate-extra-';
const AUTHENTICATION = 'authentication.k8s.io';

/** `undefined`: nobody is impersonated. Throws a 400 when somebody without a name is. */
export function impersonationOf(headers: NodeJS.Dict<string[]>): Impersonation | undefined {
  const [name = ''] = headers['impersonate-user'] ?? [];
  const [uid = ''] = headers['impersonate-uid'] ?? [];
  const groups = headers['impersonate-group'] ?? [];
  const extra = Object.fromEntries(
    Object.entries(headers)
      .filter(([header]) => header.startsWith(EXTRA))
      .map(([header, values]): [string, string[]] => [decoded(header.slice(EXTRA.length)), values ?? []]),
  );
  const others = groups.length > 0 || uid !== '' || Object.keys(extra).length > 0;
  if (name === '' && others) throw badRequest('requested to impersonate a group, uid or extra without a user');
  if (name === '') return undefined;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const given = groups.length === 0 && account !== null ? accountGroups(account[1] ?? '') : groups;
  return {
    user: { name, uid, groups: completed(name, given), ...(Object.keys(extra).length > 0 ? { extra } : {}) },
    needs: [
      account === null
        ? need('', 'users', name)
        : { ...need('', 'serviceaccounts', account[2] ?? ''), namespace: account[1] ?? '' },
      ...groups.map((group) => need('', 'groups', group)),
      ...Object.entries(extra).flatMap(([key, values]) =>
        values.map((value) => ({ ...need(AUTHENTICATION, 'userextras', value), subresource: key })),
      ),
      ...(uid === '' ? [] : [need(AUTHENTICATION, 'uids', uid)]),
    ],
  };
}

/** True without a look at each header, as almost every request has none of these. */
export function mayImpersonate(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

function need(group: string, resource: string, name: string): ResourceAttributes {
  return { verb: 'impersonate', group, version: 'v1', resource, subresource: '', namespace: '', name };
}

function completed(name: string, groups: readonly string[]): string[] {
  const unauthenticated = groups.includes(UNAUTHENTICATED);
  if (name === ANONYMOUS.name) return unauthenticated ? [...groups] : [...groups, UNAUTHENTICATED];
  return unauthenticated || groups.includes(AUTHENTICATED) ? [...groups] : [...groups, AUTHENTICATED];
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key; // malformed: taken as it is
  }
}
