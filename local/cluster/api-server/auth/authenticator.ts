/** From a request's `authorization` header to the one who asks. */
import { unauthorized } from '../status.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import { ANONYMOUS, AUTHENTICATED, type Tokens, type User } from './users.ts';

export class Authenticator {
  readonly #tokens: Tokens;
  readonly #serviceAccounts: Pick<ServiceAccountTokens, 'userOf'>;

  /** @param tokens of users that are no service accounts */
  constructor(tokens: Tokens, serviceAccounts: Pick<ServiceAccountTokens, 'userOf'>) {
    this.#tokens = tokens;
    this.#serviceAccounts = serviceAccounts;
  }

  /** Without a bearer token: the anonymous user. Throws a 401 for a token that is not, or no longer, good. */
  authenticate(authorization: string | undefined): User {
    const token = /^Bearer\s+(\S.*)$/i.exec(authorization ?? '')?.[1]?.trim();
    if (token === undefined) return ANONYMOUS;
    const user = this.userOf(token);
    if (user === undefined) throw unauthorized();
    return user;
  }

  /** `undefined` for a token that is not good here. `audiences` empty: the API server itself. */
  userOf(token: string, audiences: readonly string[] = []): User | undefined {
    const user = this.#tokens.get(token) ?? this.#serviceAccounts.userOf(token, audiences);
    if (user === undefined || user.groups.includes(AUTHENTICATED)) return user;
    return { ...user, groups: [...user.groups, AUTHENTICATED] };
  }
}
