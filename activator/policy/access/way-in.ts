import type { Caller } from '../caller.ts';
import type { RequestFacts } from '../policy.ts';

/** Why one way in does not let a request in. */
export interface Denial {
  /**
   * `absent`: it has none of the credentials that this way asks for. `invalid`: what it has is not good, or no longer.
   * `forbidden`: it is known who asks, and that one may not.
   */
  readonly denied: 'absent' | 'invalid' | 'forbidden';
  /** One sentence without a secret, for the log. */
  readonly why: string;
  /** For `WWW-Authenticate` (RFC 9110, 11.6.1); undefined: there is no scheme for it. */
  readonly challenge?: string;
  /** With `forbidden`: who asks. */
  readonly caller?: Caller;
}

export interface Admission {
  /** Undefined: this way asks for no name. */
  readonly caller: Caller | undefined;
  /** Headers that the function gets besides; name, value, … */
  readonly given?: readonly string[];
}

/** One entry of `spec.access`. */
export interface WayIn {
  /** Names, in lower case, of headers that the function never gets from the client, by whatever way that came in. */
  readonly withheld: readonly string[];
  /** A promise only where it has to wait for something; that is bounded in time. */
  judge(request: RequestFacts): Admission | Denial | Promise<Admission | Denial>;
  /** Gives back what it holds, when the function's policies change or the function is gone; requests that are judged by it still are. */
  release?(): void;
}
