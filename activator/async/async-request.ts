import type { Decision } from '../errors/decision.ts';
import type { Target, TargetFunction } from '../functions/target.ts';
import type { Caller } from '../policy/caller.ts';
import type { RequestHeaders } from '../proxy/headers.ts';
import type { RequestTaker } from '../proxy/request-taker.ts';
import type { InvocationPath } from '../routing/invocation-path.ts';

/** A request, as what stores it or answers how one goes sees it. */
export interface AsyncRequest {
  readonly method: string;
  /** Path and query as the function gets them. */
  readonly path: string;
  /** What of the path that the client asked for leads to the function; empty: nothing. */
  readonly base: string;
  /** Undefined: it is for the function. */
  readonly invocation: InvocationPath | undefined;
  readonly isUpgrade: boolean;
  /** See `RequestFacts`. */
  header(name: string): string | undefined;
  readonly exchange: {
    /** Who asks, as the function's policies found out. */
    readonly caller: Caller | undefined;
    /** What a replica would get of it. */
    readonly outgoing: { readonly requestId: string; readonly headers: RequestHeaders };
    judgedBy(judge: Pick<Target, 'config' | 'finished'>): void;
    give(taker: RequestTaker): void;
    crash(entry: 'entry settled', error: unknown): void;
  };
}

/** What such a request has in the place of its function's queue. */
export function asTarget(fn: TargetFunction, admit: () => Decision | Promise<Decision>): Target {
  return { config: fn.config, policies: undefined, admit, finished: (entry) => fn.finished(entry) };
}
