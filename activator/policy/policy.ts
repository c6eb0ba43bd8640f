/** What a policy of a function is given, and what it decides. */
import type { GatewayError, Reply } from '../errors/gateway-error.ts';
import type { AnswerFields } from './answer-fields.ts';
import type { Caller } from './caller.ts';

/** As metrics and the log name it. `spec`: what the spec says cannot be understood. */
export type PolicyName = 'spec' | 'addresses' | 'httpsOnly' | 'cors' | 'access' | 'rateLimits';

/** What the gateway found out of a client by its certificate. */
export interface ClientCertificate {
  /** Of its subject alternative names; in lower case. */
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  /** Its distinguished name; not to be decided by. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly validToMs: number;
}

/** A request, as its policies see it: what cannot be forged, and what the client says of itself. */
export interface RequestFacts {
  readonly method: string;
  /** Host and port that were asked for, in any case; empty: a client of HTTP/1.0 that does not say. */
  readonly host: string;
  /** Path and query as the function gets them. */
  readonly path: string;
  /** Path and query as the client asked for them. */
  readonly askedPath: string;
  /** How the client came: to this gateway, or to the trusted proxy that is nearest to it. */
  readonly protocol: string;
  /** Of the client: behind trusted proxies, the nearest address that is none of theirs; `unknown`: nothing says. */
  readonly clientAddress: string;
  /**
   * Of the client of this very connection, whose key it has shown to have, signed by an authority of the gateway's settings; it
   * may have expired since. Undefined: it has shown none. Text: why the one it has shown is not good.
   */
  readonly certificate: ClientCertificate | string | undefined;
  /** Asks to switch protocols, as WebSockets do. */
  readonly isUpgrade: boolean;
  /** Of a header that came several times, the values joined by `, `; undefined: it did not come. @param name in lower case */
  header(name: string): string | undefined;
}

/** What becomes of a request that a policy lets pass. */
interface PolicyEffects {
  /** Who asks. */
  readonly caller?: Caller | undefined;
  /** Names, in lower case, of headers and trailers that the function does not get from the client: credentials, and names that `given` may have. */
  readonly withheld?: readonly string[];
  /** Headers that the function gets from the gateway; name, value, … */
  readonly given?: readonly string[];
  /** Added to the answer, be it the function's, a later policy's, or the gateway's when it fails. */
  readonly answer?: AnswerFields;
}

export interface Pass {
  readonly pass: PolicyEffects;
}

export interface Refusal extends GatewayError {
  /** Who is refused, where that is known; for the log alone. */
  readonly caller?: Caller;
}

/** The request goes on, with or without effects, or its client gets an answer at once. */
export type PolicyDecision = 'continue' | Pass | Reply | Refusal;

/** What policies before this one have found out. */
export interface Findings {
  /** Undefined: no policy has named one. */
  readonly caller: Caller | undefined;
}

/**
 * One rule of one function, compiled once per change of the function. Deciding does no I/O, or it is bounded in time and
 * answers with a promise; what throws ends the request, which never passes.
 */
export interface Policy {
  readonly name: PolicyName;
  decide(request: RequestFacts, found: Findings): PolicyDecision | Promise<PolicyDecision>;
  /** Gives back what it holds, when the function's policies change or the function is gone. */
  release?(): void;
}
