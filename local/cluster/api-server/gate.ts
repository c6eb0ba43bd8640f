/** What every request goes through before anything else: who asks, and whether that is allowed. */
import type { IncomingMessage } from 'node:http';
import type { AuditRecord } from './audit/audit-record.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { impersonationOf, mayImpersonate } from './auth/impersonation.ts';
import type { User } from './auth/users.ts';
import type { Attributes } from './authorization/attributes.ts';
import { type Authorizer, denial } from './authorization/authorizer.ts';

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #authorizer: Authorizer;

  constructor(authenticator: Authenticator, authorizer: Authorizer) {
    this.#authenticator = authenticator;
    this.#authorizer = authorizer;
  }

  /** Who it is that asks, or as whom. Throws a 401 or 403. What is found out goes into `record`. */
  pass(request: IncomingMessage, attributes: Attributes, record: AuditRecord): User {
    const caller = this.#authenticator.authenticate(request.headers.authorization);
    record.user = caller;
    const user = this.#impersonated(caller, request, record);
    const decision = this.#authorizer.authorize(user, attributes);
    record.decision = decision;
    if (!decision.allowed) throw denial(user, attributes, decision);
    return user;
  }

  #impersonated(caller: User, request: IncomingMessage, record: AuditRecord): User {
    if (!mayImpersonate(request.headers)) return caller;
    const impersonation = impersonationOf(request.headersDistinct);
    if (impersonation === undefined) return caller;
    for (const need of impersonation.needs) {
      const decision = this.#authorizer.authorize(caller, need);
      if (!decision.allowed) throw denial(caller, need, decision);
    }
    record.impersonated = impersonation.user;
    return impersonation.user;
  }
}
