import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { FunctionBudget } from './fair-share.ts';
import type { QueuedRequest } from './request-queue.ts';

/** Who is told what happens, synchronously. */
export interface QueueHooks<R> {
  /** One more request has begun to wait. */
  waiting(): void;
  /** The last one that waited is admitted, refused or gone. */
  noneWaiting(): void;
  /** A request is to be turned away, now or as soon as others are not held up by it. */
  refuse(visitor: QueuedRequest<R>, failure: GatewayError): void;
}

export interface QueueParts<R> {
  clock: Clock;
  hooks: QueueHooks<R>;
  share: FunctionBudget;
  /** From 0 to below 1. */
  random?: () => number;
}
