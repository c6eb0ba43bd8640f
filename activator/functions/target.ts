import type { Decision } from '../errors/decision.ts';
import type { PolicyChain } from '../policy/policy-chain.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { QueuedRequest, WaitingRequest } from '../queue/queued-request.ts';
import type { Replica } from '../replicas/replica.ts';
import type { Suspect } from '../replicas/stuck-replicas.ts';
import type { FunctionConfig } from '../routing/function-config.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import type { FunctionCounters } from '../telemetry/function-counters.ts';

/** Why a replica has not begun with a request: it has as many as it may, or it cannot take any now. */
export type NotStarted = 'full' | 'unready';

/** A function's own queue, as a request sees it that goes through it. */
export interface FunctionQueue {
  readonly config: FunctionConfig;
  /** The function's part of the process' memory. */
  readonly budget: FunctionBudget;
  readonly counters: FunctionCounters | undefined;
  /** Undefined: it was admitted or refused at once. */
  enter(visitor: QueuedRequest<Replica>): WaitingRequest<Replica> | undefined;
  cancel(place: WaitingRequest<Replica>): void;
  /** The replica has not begun with the request: it waits again, by its time of arrival. */
  giveBack(visitor: QueuedRequest<Replica>, replica: Replica, why: NotStarted): WaitingRequest<Replica> | undefined;
  /** The replica has begun to answer. */
  answered(replica: Replica): void;
  /** The replica did not answer as it should have. @param suspect what took too long */
  doubt(replica: Replica, suspect?: Suspect): void;
  /** What the replica had is over. */
  finish(replica: Replica): void;
  /** The request is over; it may be read until this returns. */
  finished(entry: AccessLogEntry): void;
}

/** A request that has been routed. */
export interface Admissible {
  /** Path and query as the function gets them. */
  readonly path: string;
  readonly exchange: {
    /** It goes through a function's queue from here on, and is answered from there. */
    enter(queue: FunctionQueue, path: string): void;
  };
}

/** A function, as what asks for its answers later sees it. */
export interface TargetFunction {
  readonly config: Pick<FunctionConfig, 'key' | 'uid' | 'namespace' | 'name' | 'maxBodyBytes' | 'async'>;
  readonly budget: FunctionBudget;
  /** From here on there is something to count. */
  counting(): FunctionCounters;
  finished(entry: AccessLogEntry): void;
}

/** Where a route leads: what admits requests. A function's traffic is one, by the function's own queue. */
export interface Target {
  readonly config: { readonly key: string };
  /** The function that it leads to; undefined: it leads to none. */
  readonly fn?: TargetFunction | undefined;
  /** What judges a request before it is admitted; undefined: nothing does. */
  readonly policies: PolicyChain | undefined;
  /** `continue`: the request is the target's from here on, which will see to its answer. */
  admit(request: Admissible): Decision | Promise<Decision>;
  /** A request that its policies have judged is over; it may be read until this returns. */
  finished(entry: AccessLogEntry): void;
}
