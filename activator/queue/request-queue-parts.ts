import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { FunctionBudget } from './fair-share.ts';
import type { QueuedRequest } from './queued-request.ts';

/** Called synchronously. */
interface QueueHooks<R> {
  /** One more request has begun to wait. */
  waiting(): void;
  /** The last one that waited is admitted, refused or gone. */
  noneWaiting(): void;
  /** A request is to be rejected, now or in a later turn of the event loop. */
  refuse(request: QueuedRequest<R>, failure: GatewayError): void;
}

export interface QueueParts<R> {
  clock: Clock;
  hooks: QueueHooks<R>;
  budget: FunctionBudget;
  /** From 0 to below 1. */
  random?: () => number;
}
