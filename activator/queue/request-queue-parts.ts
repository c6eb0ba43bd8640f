import type { Clock } from '#platform/time/clock.ts';
import type { Failure } from '../errors/gateway-error.ts';
import type { FunctionShare } from './fair-share.ts';
import type { Visitor } from './request-queue.ts';

/** Who is told what happens, synchronously. */
export interface GateHooks<R> {
  /** One more request has begun to wait. */
  waiting(): void;
  /** The last one that waited is admitted, refused or gone. */
  noneWaiting(): void;
  /** A request is to be turned away, now or as soon as others are not held up by it. */
  refuse(visitor: Visitor<R>, failure: Failure): void;
}

export interface GateParts<R> {
  clock: Clock;
  hooks: GateHooks<R>;
  share: FunctionShare;
  /** From 0 to below 1. */
  random?: () => number;
}
